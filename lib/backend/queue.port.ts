import type { QueuedKind } from '../message/index.js';
import type { Added, Delivery, Fetched, Lease, NewMessage, Undecodable, Want } from './messages.js';
import type { CancelResult, Settlement, Verdict } from './verdict.js';

/** One running instance of a service. It is live until it is evicted, whatever its time; a rejoin is a new consumer. */
export interface Member {
  /** `service-host-pid-random`, never used again. */
  readonly consumer: string;
  readonly service: string;
  readonly instanceName: string;
  /** Milliseconds without a beat after which others may evict it. */
  readonly ttl: number;
  /** What it handles. `own`: the handler has its own bound, so the name is never routed to the member's lane. */
  readonly names: readonly { readonly address: string; readonly own: boolean }[];
  /** Bound on waiting tasks of the service; absent: none. */
  readonly streamLength?: number;
  readonly overflow: 'reject' | 'drop-oldest';
  /** Bound on waiting requests of one name. */
  readonly maxWaiting: number;
}

/** The answer to a sign of life. */
export interface Beat {
  /** `evicted`: not a member any more; everything it held was placed again, nothing it settles is accepted. */
  readonly status: 'alive' | 'evicted';
  /** Those of the held leases that are lost. */
  readonly lost: readonly Lease[];
  /** The backend's clock, in ms. */
  readonly now: number;
  /** When the next delayed message is due, on the backend's clock; absent: none waits. */
  readonly nextDue?: number;
  /** Members whose time is over; whoever learns of them evicts them. */
  readonly expired: readonly string[];
  /** Whether this consumer is the one that arms exact timers and sweeps. At most one at a time. */
  readonly leader: boolean;
}

/**
 * Reads for one consumer and one kind. One `fetch` at a time. Rides out lost connections by itself: what was handed
 * over but never arrived is fetched again before anything new.
 */
export interface Reader {
  /**
   * Waits until a message can be taken, then takes at most `total` (in rare races a few more, which the caller gives
   * back; 1 or more) and at most `limit` of each name. Resolves empty after {@link wake}, {@link close}, or now and then.
   */
  fetch(total: number, wants: readonly Want[]): Promise<Fetched>;
  /** Ends a waiting `fetch`; without one, the next `fetch` returns at once. */
  wake(): void;
  /** Ends a waiting `fetch` for good; later ones reject with CLOSED. What arrives late comes back by eviction. */
  close(): Promise<void>;
}

/**
 * The durable side: a message is always in exactly one place, and every method is one atomic change of place.
 * Places: a name's stream, a consumer's lane, the wait list of a key, the delayed set, the dead letters, gone.
 * Calls reject with BACKEND_UNAVAILABLE when the backend cannot be reached in time; none of them hangs.
 */
export interface QueuePort {
  /**
   * Accepts all messages of the group or none of them. Sent again internally until it is known to be accepted or
   * `timeout` ms are over; never accepted twice.
   * @throws OverloadedError, NoHandlerError (requests): nothing was accepted
   */
  add(group: readonly NewMessage[], timeout: number): Promise<Added[]>;
  /** Makes the consumer a member, or repairs its membership; safe to repeat. */
  join(member: Member): Promise<Beat>;
  /** A sign of life; renews the held leases. */
  beat(consumer: string, held: readonly Lease[]): Promise<Beat>;
  /**
   * Ends a membership and places again what the consumer held: refused (`'alive'`) unless its time is over or it is
   * `leaving`. Requests it was handed are answered SERVER_LOST; tasks it was handed count one more lost delivery
   * (unless `leaving`), at `lostLimit` they go to the dead letters.
   */
  evict(consumer: string, options: EvictOptions): Promise<'alive' | 'evicted'>;
  /** @param holds whether the caller still has that lease in its hands; asked when a connection was lost */
  reader(consumer: string, kind: QueuedKind, holds: (lease: Lease) => boolean): Reader;
  /**
   * Ends a delivery. Waits out an unreachable backend until `abandon` aborts, then rejects. `stale` after a lost
   * reply may mean that the first attempt was accepted.
   */
  settle(
    consumer: string,
    delivery: Delivery | Undecodable,
    verdict: Verdict,
    abandon?: AbortSignal,
  ): Promise<Settlement>;
  /** Places what is due; returns when the next one is. */
  promote(): Promise<{ readonly nextDue?: number; readonly now: number }>;
  /** Finds messages held by consumers that are no members (a dead one that read once more) and places them again. */
  reclaim(lostLimit: number): Promise<number>;
  cancel(id: string): Promise<CancelResult>;
  /** Replies that were kept, by unique part of the request's id. */
  keptReplies(uniques: readonly string[]): Promise<(Buffer | undefined)[]>;
}

export interface EvictOptions {
  readonly leaving: boolean;
  readonly lostLimit: number;
}
