import type { Envelope } from '../../message/index.js';
import type { Lease } from '../index.js';

/** Somewhere a message can lie: a stream, a lane, a wait list, the delayed set, a consumer's hand. */
export interface Place {
  /** Whose hand it is; absent: nobody holds what lies here. */
  readonly holder?: string;
  /** Takes out a message that lies here. */
  remove(message: StoredMessage): void;
}

/** A message of the hub. It is always in exactly one place; whatever takes it in writes that down here. */
export class StoredMessage {
  place: Place | undefined;
  /** Of the last hand-over. */
  lease: Lease | undefined;

  constructor(
    /** The earlier ones were accepted first. */
    readonly serial: number,
    public envelope: Envelope,
    readonly payload: Buffer,
  ) {}

  get address(): Envelope['address'] {
    return this.envelope.address;
  }
}
