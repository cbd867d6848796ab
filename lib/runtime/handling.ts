import type { Delivery, Timer, Verdict } from '../backend/index.js';
import { type Kind, addressKind, addressName, messageId } from '../message/index.js';
import type { HandlingContext } from './handler.js';

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** The instance that holds a delivery. */
export interface Holder {
  readonly consumer: string;
  /** Whether nobody can have evicted it yet. */
  readonly fresh: boolean;
}

/**
 * One delivery in the hands of this instance, and what its handler is told about it. It ends once: whoever comes
 * first (the handler, a time-out, a lost lease, the end of the grace time) decides the verdict.
 */
export class Handling implements HandlingContext {
  readonly name: string;
  readonly kind: Kind;
  /** Set when somebody cancelled it: whatever the handler does then, it is not tried again. */
  cancelled = false;
  deadline: number | undefined;
  /** Whether nothing else runs beside it. */
  alone = false;
  /** Whether a request may be handled again elsewhere. */
  idempotent = false;
  /** Whether its handler was called. */
  started = false;
  /** Ends the attempt after its time-out. */
  timer: Timer | undefined;
  /** Why it is not done, for who watches. */
  failure: unknown;
  /** Called with what becomes of it, for who watches. */
  onVerdict: ((verdict: Verdict | undefined) => void) | undefined;
  /** Called when it ends, however it ends. */
  onEnd: (() => void) | undefined;
  #controller: AbortController | undefined;
  #reason: unknown;
  #finish: ((handling: Handling, verdict: Verdict | undefined) => void) | undefined;

  constructor(
    readonly delivery: Delivery,
    readonly holder: Holder,
    onFinish: (handling: Handling, verdict: Verdict | undefined) => void,
  ) {
    this.name = addressName(delivery.envelope.address);
    this.kind = addressKind(delivery.envelope.address);
    this.#finish = onFinish;
  }

  get consumerId(): string {
    return this.holder.consumer;
  }

  get id(): string {
    return messageId(this.name, this.delivery.envelope.unique);
  }

  get key(): string | undefined {
    return this.delivery.envelope.key;
  }

  get attempt(): number {
    return (this.delivery.envelope.attempts ?? 0) + 1;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.delivery.envelope.headers ?? NO_HEADERS;
  }

  get payload(): Buffer {
    return this.delivery.payload;
  }

  /** Made when it is asked for: most handlers never do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Whether its handler was told to stop. */
  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  get finished(): boolean {
    return this.#finish === undefined;
  }

  /** Tells the handler to stop; the first reason stays. */
  abort(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** Ends it with a verdict, or without one when the lease is lost. Only the first call counts. */
  finish(verdict: Verdict | undefined): void {
    const onFinish = this.#finish;
    if (onFinish === undefined) return;
    this.#finish = undefined;
    this.timer?.cancel();
    this.onEnd?.();
    this.onVerdict?.(verdict);
    onFinish(this, verdict);
  }
}
