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
}

/** What became of one accepted message. `unique` is that of the first message when it is a duplicate. */
export interface Added {
  readonly unique: string;
  readonly duplicate: boolean;
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
}
