import type { BusPort, Clock, ReplyOut, Verdict } from '../backend/index.js';
import { FRAME, type FrameKind, encodeErrorBody, encodeFrame } from '../codec/index.js';
import { TimeoutError, toPlainError } from '../errors/index.js';
import type { RequestHandler } from './handler.js';
import type { Handling } from './handling.js';
import type { PayloadEncoder } from './payload-encoder.js';

export interface RequestRunnerParts {
  readonly bus: BusPort;
  readonly clock: Clock;
  readonly payloads: PayloadEncoder;
  readonly sendTimeout: number;
}

/** Time-outs are rounded up to this many ms: timers with few different lengths cost much less. */
const COARSE = 50;

/** Runs a request and carries its values back. The last frame leaves in the step that settles the request. */
export class RequestRunner {
  readonly #parts: RequestRunnerParts;

  constructor(parts: RequestRunnerParts) {
    this.#parts = parts;
  }

  /** @param left milliseconds until nobody waits for the reply any more */
  run(handler: RequestHandler, handling: Handling, left: number): void {
    const reply = new Reply(handling, this.#parts);
    handling.timer = this.#parts.clock.after(Math.ceil(left / COARSE) * COARSE, () => {
      handling.abort(new TimeoutError(`the caller of "${handling.name}" waits no longer`));
      handling.finish({ type: 'expired' });
    });
    void this.#invoke(handler, handling, reply).then(
      () => reply.end(),
      (error: unknown) => reply.fail(error),
    );
  }

  async #invoke(handler: RequestHandler, handling: Handling, reply: Reply): Promise<void> {
    const input = this.#parts.payloads.decode(handling.name, handling.payload);
    await handler.invoke(input, handling, (value) => reply.next(value));
  }
}

/** The values of one reply. Each is held back until the next one or the end shows whether it is the last. */
class Reply {
  readonly #handling: Handling;
  readonly #parts: RequestRunnerParts;
  #held: string | Uint8Array | undefined;
  #sequence = 0;
  #sending: Promise<void> | undefined;

  constructor(handling: Handling, parts: RequestRunnerParts) {
    this.#handling = handling;
    this.#parts = parts;
  }

  next(value: unknown): void {
    if (this.#handling.finished) return;
    const body = this.#parts.payloads.encode(this.#handling.name, value);
    if (this.#held !== undefined) this.#send(this.#held);
    this.#held = body;
  }

  end(): void {
    if (this.#held === undefined) this.#finish(FRAME.end, '');
    else this.#finish(FRAME.last, this.#held);
  }

  fail(error: unknown): void {
    if (this.#held !== undefined && !this.#handling.finished) this.#send(this.#held);
    this.#finish(FRAME.error, encodeErrorBody(toPlainError(error)));
  }

  #send(body: string | Uint8Array): void {
    const { bus, sendTimeout } = this.#parts;
    const { replyTo } = this.#handling.delivery.envelope;
    const frame = encodeFrame(this.#unique, this.#sequence++, FRAME.value, body);
    if (replyTo === undefined) return;
    const sent = bus.publish(replyTo, frame, sendTimeout);
    // a value that is lost shows at the caller by its missing number
    this.#sending = Promise.allSettled([this.#sending, sent]).then(() => undefined);
  }

  #finish(kind: FrameKind, body: string | Uint8Array): void {
    const { replyTo, keepReply } = this.#handling.delivery.envelope;
    const frame = encodeFrame(this.#unique, this.#sequence, kind, body);
    const reply: ReplyOut | undefined =
      replyTo === undefined
        ? undefined
        : { channel: replyTo, frame, ...(keepReply === undefined ? {} : { keep: keepReply }) };
    const verdict: Verdict = reply === undefined ? { type: 'done' } : { type: 'done', reply };
    if (this.#sending === undefined) this.#handling.finish(verdict);
    else void this.#sending.then(() => this.#handling.finish(verdict));
  }

  get #unique(): string {
    return this.#handling.delivery.envelope.unique;
  }
}
