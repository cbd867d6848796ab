import type { CodecError } from '../errors/index.js';
import type { Envelope } from '../message/index.js';

/** A message on its way in. The payload is encoded already and is not changed afterwards. */
export interface NewMessage {
  readonly envelope: Envelope;
  readonly payload: string | Uint8Array;
  /** Milliseconds before it may start; 0 or absent: at once. Never early. */
  readonly delay?: number;
  /** A second message with the same address and id inside the window is not accepted but reported as a duplicate. */
  readonly dedupe?: { readonly id: string; readonly window: number };
  /**
   * Whom its sender would give it to, by a view of that epoch. Followed where the rule leaves it to senders, and for
   * `consistent_hash` if the membership is still that one.
   */
  readonly proposal?: { readonly consumer: string; readonly epoch: number };
}

/** What became of one accepted message. `unique` is that of the first message when it is a duplicate. */
export interface Added {
  readonly unique: string;
  readonly duplicate: boolean;
  /** Present when a proposal was missing or not followed: the sender should look at the {@link Routes} again. */
  readonly unrouted?: true;
}

/** Proof of holding a message: the entry it was handed over in. Every hand-over makes a new one. */
export interface Lease {
  /** Opaque: where the entry lies. */
  readonly source: string;
  /** Opaque: which entry. */
  readonly token: string;
}

/** A message handed to this consumer. */
export interface Delivery {
  readonly lease: Lease;
  readonly envelope: Envelope;
  readonly payload: Buffer;
  /** Whether it was routed to this consumer, and not taken by whoever was free. */
  readonly routed: boolean;
}

/** An entry that cannot be read; it is given back (a newer release may read it) or goes to the dead letters. */
export interface Undecodable {
  readonly lease: Lease;
  readonly error: CodecError;
}

/** What a reader brought. */
export interface Fetched {
  readonly deliveries: readonly Delivery[];
  readonly undecodable: readonly Undecodable[];
  /** The consumer's place in the queue is gone (flushed, deleted, evicted): it must beat, and join if evicted. */
  readonly displaced: boolean;
}

/** A name a reader wants, and how many messages of it at most. */
export interface Want {
  /** Address, see `message/address`. */
  readonly address: string;
  readonly limit: number;
  /** The member's group of the name; the lane of a group is read within the largest limit of its names. Empty: no lane. */
  readonly group: string;
}
