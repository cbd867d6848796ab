import type { PlainError } from '../errors/index.js';

/** A reply, which leaves in the same atomic step as the settlement if nothing else is said. */
export interface ReplyOut {
  readonly channel: string;
  /** One encoded reply frame. */
  readonly frame: Uint8Array;
  /** Milliseconds the frame is kept for a caller that reconnects; absent: not kept. */
  readonly keep?: number;
  /** Whether it may reach its caller before the request is settled; of a reply that is not kept. */
  readonly ahead?: boolean;
}

/** Why a message lies among the dead letters. `no_handler`: on a stream shared with Go-Broker, nobody took it. @publicApi */
export type DeadReason =
  | 'failed'
  | 'unrecoverable'
  | 'undecodable'
  | 'lost'
  | 'dropped'
  | 'no_handler';

/** How a delivery ends. Exactly one is accepted for each delivery. */
export type Verdict =
  /** Handled: the message is gone, its key is free, the reply (of a request) is out. */
  | { readonly type: 'done'; readonly reply?: ReplyOut }
  /** Again after `delay` ms; it keeps its key. `counts`: whether it costs an attempt. */
  | { readonly type: 'retry'; readonly delay: number; readonly counts: boolean }
  /** To the dead letters; its key is free. `failed` and `unrecoverable` count the attempt they end. */
  | {
      readonly type: 'dead';
      readonly reason: DeadReason;
      readonly error: PlainError;
      readonly consumer: string;
    }
  /** Given back untouched: placed again, as if it had never been handed over. */
  | { readonly type: 'release' }
  /** To the lane of that consumer if it can take it, else as `release`; it is not forwarded a second time before it ran. */
  | { readonly type: 'forward'; readonly consumer: string }
  /** A request that came too late: gone, counted, never run. */
  | { readonly type: 'expired' };

/** `stale`: the consumer was not the holder any more; nothing was changed. */
export type Settlement = 'settled' | 'stale';

/** What `cancel` did: taken out before it ran, its holder was told, or there is no such message. @publicApi */
export type CancelResult = 'removed' | 'signalled' | 'unknown';
