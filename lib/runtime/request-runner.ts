import type { BusPort, Clock, ReplyOut, Verdict } from '../backend/index.js';
import {
  FRAME,
  type FrameKind,
  encodeErrorBody,
  encodeForeignError,
  encodeForeignReply,
  encodeFrame,
} from '../codec/index.js';
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
    const foreign = handling.delivery.envelope.correlation !== undefined;
    const reply = foreign
      ? new ForeignReply(handling, this.#parts)
      : new Reply(handling, this.#parts);
    // who calls from Go-Broker does not say how long it waits
    if (left !== Infinity) this.#limit(handling, left);
    void this.#invoke(handler, handling, reply).then(
      () => reply.end(),
      (error: unknown) => reply.fail(error),
    );
  }

  #limit(handling: Handling, left: number): void {
    handling.timer = this.#parts.clock.after(Math.ceil(left / COARSE) * COARSE, () => {
      handling.abort(new TimeoutError(`the caller of "${handling.name}" waits no longer`));
      handling.finish({ type: 'expired' });
    });
  }

  async #invoke(handler: RequestHandler, handling: Handling, reply: AnyReply): Promise<void> {
    const input = this.#parts.payloads.decode(handling.name, handling.payload);
    await handler.invoke(input, handling, (value) => reply.next(value));
  }
}

type AnyReply = Pick<Reply, 'next' | 'end' | 'fail'>;

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
    const frame = encodeFrame(this.#unique, this.#sequence, kind, body);
    const verdict = doneWith(this.#handling, frame);
    if (this.#sending === undefined) this.#handling.finish(verdict);
    else void this.#sending.then(() => this.#handling.finish(verdict));
  }

  get #unique(): string {
    return this.#handling.delivery.envelope.unique;
  }
}

/** The reply to a Go-Broker caller, which has room for one value: the last one. */
class ForeignReply {
  readonly #handling: Handling;
  readonly #parts: RequestRunnerParts;
  #held: string | Uint8Array | undefined;

  constructor(handling: Handling, parts: RequestRunnerParts) {
    this.#handling = handling;
    this.#parts = parts;
  }

  next(value: unknown): void {
    this.#held = this.#parts.payloads.encode(this.#handling.name, value);
  }

  end(): void {
    this.#finish(encodeForeignReply(this.#correlation, this.#held));
  }

  fail(error: unknown): void {
    const { message } = toPlainError(error);
    this.#finish(encodeForeignError(this.#correlation, message));
  }

  #finish(frame: Uint8Array): void {
    this.#handling.finish(doneWith(this.#handling, frame));
  }

  get #correlation(): string {
    return this.#handling.delivery.envelope.correlation ?? '';
  }
}

function doneWith({ delivery }: Handling, frame: Uint8Array): Verdict {
  const { replyTo, keepReply } = delivery.envelope;
  if (replyTo === undefined) return { type: 'done' };
  const reply: ReplyOut = { channel: replyTo, frame };
  return { type: 'done', reply: keepReply === undefined ? reply : { ...reply, keep: keepReply } };
}
