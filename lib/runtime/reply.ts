import type { BusPort, Clock } from '../backend/index.js';
import {
  FRAME,
  type FrameKind,
  encodeErrorBody,
  encodeFrame,
  encodeStreamed,
} from '../codec/index.js';
import { toPlainError } from '../errors/index.js';
import type { Credits } from './credits.js';
import { doneWith } from './done-with.js';
import type { Handling } from './handling.js';
import type { PayloadEncoder } from './payload-encoder.js';
import { ReplyWindow } from './reply-window.js';

export interface ReplyParts {
  readonly bus: BusPort;
  readonly clock: Clock;
  readonly credits: Credits;
  readonly payloads: PayloadEncoder;
  readonly sendTimeout: number;
}

/**
 * The values of one reply. Each is held back until the next one or the end shows whether it is the last, which leaves
 * in the step that settles the request, or ahead of it where it is all; the others pass a window.
 */
export class Reply {
  readonly #handling: Handling;
  readonly #parts: ReplyParts;
  #held: string | Uint8Array | undefined;
  /** From the second value on. */
  #window: ReplyWindow | undefined;
  #sending: Promise<void> | undefined;

  constructor(handling: Handling, parts: ReplyParts) {
    this.#handling = handling;
    this.#parts = parts;
  }

  /** @returns when the next value should come, if not at once. @throws CodecError, PayloadTooLargeError, OverloadedError */
  next(value: unknown): Promise<void> | undefined {
    if (this.#handling.finished) return undefined;
    const body = this.#parts.payloads.encode(this.#handling.name, value);
    const held = this.#held;
    this.#held = body;
    return held === undefined ? undefined : this.#stream().push(held);
  }

  end(): void {
    const held = this.#held;
    this.#afterValues(() =>
      held === undefined ? this.#finish(FRAME.end, '') : this.#finish(FRAME.last, held),
    );
  }

  fail(error: unknown): void {
    this.#handling.failure = error ?? new Error(String(error));
    const body = encodeErrorBody(toPlainError(error));
    // who stopped it, or does not keep up, waits for no values
    if (this.#handling.aborted || !this.#letGo()) return this.#finish(FRAME.error, body);
    this.#afterValues(() => this.#finish(FRAME.error, body));
  }

  /** The last value, that an error follows. */
  #letGo(): boolean {
    const held = this.#held;
    if (held === undefined || this.#handling.finished) return true;
    this.#held = undefined;
    try {
      void this.#stream().push(held);
      return true;
    } catch {
      // the error that is on its way says it already
      return false;
    }
  }

  #afterValues(finish: () => void): void {
    if (this.#window === undefined) finish();
    else void this.#window.flushed().then(finish);
  }

  #stream(): ReplyWindow {
    if (this.#window !== undefined) return this.#window;
    const { clock, credits } = this.#parts;
    const window = new ReplyWindow({
      clock,
      name: this.#handling.name,
      send: (body, sequence) => this.#send(FRAME.value, body, sequence),
      probe: (sent) => this.#send(FRAME.probe, '', sent),
    });
    const unlisten = credits.listen(this.#unique, (taken) => window.taken(taken));
    this.#handling.onEnd = () => {
      unlisten();
      window.close();
    };
    this.#window = window;
    return window;
  }

  #send(kind: FrameKind, body: string | Uint8Array, sequence: number): void {
    const { bus, credits, sendTimeout } = this.#parts;
    const { replyTo } = this.#handling.delivery.envelope;
    if (replyTo === undefined) return;
    const said = { unique: this.#unique, sequence, kind, body, credits: credits.channel };
    const frame = encodeStreamed(said);
    const sent = bus.publish(replyTo, frame, sendTimeout);
    // a value that is lost shows at the caller by its missing number
    this.#sending = Promise.allSettled([this.#sending, sent]).then(() => undefined);
  }

  #finish(kind: FrameKind, body: string | Uint8Array): void {
    const window = this.#window;
    const frame = encodeFrame(this.#unique, window?.sent ?? 0, kind, body);
    const verdict = doneWith(this.#handling, frame, window === undefined);
    if (this.#sending === undefined) this.#handling.finish(verdict);
    else void this.#sending.then(() => this.#handling.finish(verdict));
  }

  get #unique(): string {
    return this.#handling.delivery.envelope.unique;
  }
}
