import { encodeForeignError, encodeForeignReply } from '../codec/index.js';
import { toPlainError } from '../errors/index.js';
import { doneWith } from './done-with.js';
import type { Handling } from './handling.js';
import type { PayloadEncoder } from './payload-encoder.js';

/** The reply to a Go-Broker caller, which has room for one value: the last one. */
export class ForeignReply {
  readonly #handling: Handling;
  readonly #payloads: PayloadEncoder;
  #held: string | Uint8Array | undefined;

  constructor(handling: Handling, payloads: PayloadEncoder) {
    this.#handling = handling;
    this.#payloads = payloads;
  }

  next(value: unknown): undefined {
    this.#held = this.#payloads.encode(this.#handling.name, value);
  }

  end(): void {
    this.#finish(encodeForeignReply(this.#correlation, this.#held));
  }

  fail(error: unknown): void {
    const { message } = toPlainError(error);
    this.#finish(encodeForeignError(this.#correlation, message));
  }

  #finish(frame: Uint8Array): void {
    this.#handling.finish(doneWith(this.#handling, frame, false));
  }

  get #correlation(): string {
    return this.#handling.delivery.envelope.correlation ?? '';
  }
}
