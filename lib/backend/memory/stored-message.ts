import { type Envelope, addressKind } from '../../message/index.js';
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
  /** When it came to the stream or lane it lies in, in ms. */
  arrivedAt = 0;
  /** Its place among everything that ever came to a stream or lane: the later, the greater. */
  arrival = 0;
  /** Of the last hand-over, and when it was, in ms. */
  lease: Lease | undefined;
  heldSince = 0;

  constructor(
    /** The earlier ones were accepted first. */
    readonly serial: number,
    public envelope: Envelope,
    readonly payload: Buffer,
  ) {}

  get address(): Envelope['address'] {
    return this.envelope.address;
  }

  /** The key it takes its turn by; that of a request only says where it goes. */
  get orderKey(): string | undefined {
    return addressKind(this.address) === 'request' ? undefined : this.envelope.key;
  }
}
