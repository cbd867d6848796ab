import { randomBytes } from 'node:crypto';
import type {
  BusPort,
  Clock,
  NewMessage,
  QueuePort,
  Timer,
  Unsubscribe,
} from '../backend/index.js';
import { FRAME, type ReplyFrame, decodeFrames, encodeCredit } from '../codec/index.js';
import { ClosedError, ReplyLostError, TimeoutError } from '../errors/index.js';
import { type MessageIds, checkName, messageId } from '../message/index.js';
import { Call, type Caller } from './call.js';
import type { ReplyObserver, RequestOptions } from './calls.js';
import { currentDeadline } from './deadline.js';
import { Generations } from './generations.js';
import type { PayloadEncoder } from './payload-encoder.js';
import { toRequestEnvelope } from './request-envelope.js';
import { cancelled, toError } from './request-errors.js';
import { uniqueOf } from './request-id.js';
import type { Router } from './router.js';

/** How often, in ms, a caller looks for the reply to a request that somebody else sent first: at first, at last. */
const LOOK = { first: 25, most: 1_000 };

export interface RequesterParts {
  readonly queue: QueuePort;
  readonly bus: BusPort;
  readonly router: Router;
  readonly clock: Clock;
  readonly ids: MessageIds;
  readonly payloads: PayloadEncoder;
  readonly timeout: number;
  readonly mode: 'reliable' | 'fast';
  /** How long the reply to a request with an id is kept, in ms. */
  readonly dedupeWindow: number;
  readonly sendTimeout: number;
  readonly onError: (error: unknown) => void;
}

/**
 * The calling side of requests. One reply channel for the process; every reply is matched by the request's unique id,
 * so nobody ever gets a foreign one. A call that ended leaves nothing behind: late replies find no one.
 */
export class Requester {
  readonly #parts: RequesterParts;
  readonly #channel: string;
  readonly #calls = new Generations<string, Call>();
  #subscribing: Promise<Unsubscribe> | undefined;
  #unsubscribeGap: Unsubscribe | undefined;
  #listening = false;
  #closed = false;

  constructor(parts: RequesterParts) {
    this.#parts = parts;
    this.#channel = parts.bus.channel('reply', randomBytes(12).toString('base64url'));
  }

  /** Calls that wait for their reply. */
  get pending(): number {
    return this.#calls.size;
  }

  /** @returns gives the call up: the observer is not called any more, and the handler is told to stop */
  request(
    name: string,
    data: unknown,
    options: RequestOptions,
    observer: ReplyObserver,
  ): () => void {
    if (this.#closed) throw new ClosedError();
    checkName('the name of a request', name);
    const { mode = this.#parts.mode, signal, id } = options;
    if (signal?.aborted === true) throw cancelled(name, signal);
    const timeout = this.#timeLeft(name, options.timeout);
    const payload = this.#parts.payloads.encode(name, data);
    const { dedupeWindow, ids } = this.#parts;
    const reliable = mode === 'reliable';
    const unique = id === undefined ? ids.unique() : uniqueOf(name, id, reliable);
    const request = { unique, name, timeout, replyTo: this.#channel, reliable, dedupeWindow };
    const envelope = toRequestEnvelope(request, options);
    const known = id === undefined ? undefined : this.#calls.get(unique);
    const call = known ?? this.#newCall(unique, name, reliable);
    const caller = this.#join(call, observer, { timeout, signal });
    if (known !== undefined) return () => this.#leave(call, caller);
    const message = { envelope, payload };
    call.sent = this.#send(call, message, timeout);
    const following = id === undefined ? call.sent : this.#follow(call, message, timeout);
    following.then(undefined, (error: unknown) => this.#fail(call, error as Error));
    return () => this.#leave(call, caller);
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribeGap?.();
    for (const [, call] of this.#calls.entries()) {
      this.#fail(
        call,
        new ClosedError('the broker was closed before the reply arrived', { outcome: 'unknown' }),
      );
    }
    // a subscription that failed has been reported to every call that needed it
    this.#subscribing?.then(
      (unsubscribe) => unsubscribe(),
      () => undefined,
    );
  }

  /** Whole milliseconds. Inside a handler nobody waits longer than its own caller does. */
  #timeLeft(name: string, timeout = this.#parts.timeout): number {
    const deadline = currentDeadline();
    if (deadline === undefined) return Math.ceil(timeout);
    const left = Math.floor(deadline - this.#parts.clock.now());
    if (left >= 1) return Math.min(Math.ceil(timeout), left);
    const message = `the time of the handler that requests "${name}" is over`;
    throw new TimeoutError(message, { outcome: 'not-sent' });
  }

  #newCall(unique: string, name: string, reliable: boolean): Call {
    const { bus, sendTimeout, onError } = this.#parts;
    const call = new Call({
      unique,
      name,
      reliable,
      credit: (channel, taken) => {
        bus.publish(channel, encodeCredit({ unique, taken }), sendTimeout).catch(onError);
      },
    });
    this.#calls.add(unique, call);
    return call;
  }

  /** Time-out and abort signal of one caller. */
  #join(
    call: Call,
    observer: ReplyObserver,
    { timeout, signal }: { readonly timeout: number; readonly signal: AbortSignal | undefined },
  ): Caller {
    if (call.received > 0) {
      throw new ReplyLostError(`the reply to "${call.name}" with this id has begun already`);
    }
    const timer: Timer = this.#parts.clock.after(timeout, () => {
      const message = `no reply to "${call.name}" within ${timeout} ms`;
      if (this.#left(call, caller) === undefined) return;
      observer.error(new TimeoutError(message, { outcome: 'unknown' }));
    });
    const onAbort = (): void => {
      this.#leave(call, caller);
      observer.error(cancelled(call.name, signal as AbortSignal, 'unknown'));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const release = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    const caller = { observer, release };
    call.join(caller);
    return caller;
  }

  /** A caller gives up; when nobody waits any more the handler is told. */
  #leave(call: Call, caller: Caller): void {
    const isOpen = this.#isOpen(call);
    if (this.#left(call, caller) === true && isOpen) this.#cancel(call);
  }

  #left(call: Call, caller: Caller): boolean | undefined {
    const isEmpty = call.leave(caller);
    if (isEmpty === true && this.#isOpen(call)) this.#calls.delete(call.unique);
    return isEmpty;
  }

  #cancel(call: Call): void {
    const { queue, onError } = this.#parts;
    const id = messageId(call.name, call.unique);
    call.sent.then(
      // somebody else may wait for one that was sent before
      () => (call.isOwn ? queue.cancel(id, 'request').catch(onError) : undefined),
      // it was refused, which its caller does not want to know any more
      () => undefined,
    );
  }

  #send(call: Call, message: NewMessage, timeout: number): Promise<void> {
    if (this.#listening) return this.#add(call, message, timeout);
    return this.#listen().then(() =>
      // it may have ended while the channel was being subscribed
      this.#isOpen(call) ? this.#add(call, message, timeout) : undefined,
    );
  }

  #add(call: Call, message: NewMessage, timeout: number): Promise<void> {
    const { queue, router } = this.#parts;
    const routed = router.route([message]);
    const adding =
      routed instanceof Promise
        ? routed.then((messages) => queue.add(messages, timeout))
        : queue.add(routed, timeout);
    return adding.then((added) => {
      router.learn([message], added);
      call.isOwn = added[0]?.duplicate === false;
    });
  }

  /** Where somebody sent it before: waits for that reply, and sends it after all should that request end without one. */
  async #follow(call: Call, message: NewMessage, timeout: number): Promise<void> {
    const { queue, clock } = this.#parts;
    const end = clock.monotonic() + timeout;
    await call.sent;
    for (let pause = LOOK.first; this.#isFollowing(call); pause = Math.min(pause * 2, LOOK.most)) {
      const [kept] = await queue.keptReplies([call.unique]);
      if (kept !== undefined) return this.#receive(kept);
      await new Promise<void>((resolve) => clock.after(pause, resolve));
      const ttl = Math.floor(end - clock.monotonic());
      if (ttl < 1 || !this.#isFollowing(call)) return;
      await this.#add(call, { ...message, envelope: { ...message.envelope, ttl } }, ttl);
    }
  }

  #isFollowing(call: Call): boolean {
    return !call.isOwn && this.#isOpen(call);
  }

  #isOpen(call: Call): boolean {
    return this.#calls.get(call.unique) === call;
  }

  async #listen(): Promise<void> {
    const { bus, onError } = this.#parts;
    this.#subscribing ??= bus.subscribe(this.#channel, (message) => this.#receive(message));
    try {
      await this.#subscribing;
    } catch (error) {
      this.#subscribing = undefined;
      throw error;
    }
    this.#listening = true;
    this.#unsubscribeGap ??= bus.onGap(() => void this.#fetchKept().catch(onError));
  }

  /** After an interruption: replies that were stored while nobody listened. */
  async #fetchKept(): Promise<void> {
    const uniques = this.#calls
      .entries()
      .filter(([, call]) => call.reliable)
      .map(([unique]) => unique);
    const replies = await this.#parts.queue.keptReplies(uniques);
    for (const reply of replies) if (reply !== undefined) this.#receive(reply);
  }

  #receive(message: Buffer): void {
    for (const frame of decodeFrames(message)) {
      const call = this.#calls.get(frame.unique);
      if (call !== undefined) this.#apply(call, frame);
    }
  }

  #apply(call: Call, frame: ReplyFrame): void {
    const { kind, sequence } = frame;
    if (kind === FRAME.error) return this.#fail(call, toError(frame));
    if (sequence < call.received) return;
    if (sequence > call.received) return this.#lost(call, frame);
    if (kind === FRAME.probe) return call.answer(frame.credits);
    // what its observers do from here on does not end it a second time
    if (kind !== FRAME.value) this.#calls.delete(call.unique);
    if (kind !== FRAME.end) {
      let value: unknown;
      try {
        value = this.#parts.payloads.decode(call.name, frame.body);
      } catch (error) {
        this.#fail(call, error as Error);
        return kind === FRAME.value ? this.#cancel(call) : undefined;
      }
      call.next(value, frame.body.length, frame.credits);
    }
    if (kind !== FRAME.value) call.complete();
  }

  #lost(call: Call, { sequence, kind }: ReplyFrame): void {
    const lost = sequence - call.received;
    this.#fail(call, new ReplyLostError(`${lost} values of the reply to "${call.name}" were lost`));
    if (kind === FRAME.value || kind === FRAME.probe) this.#cancel(call);
  }

  #fail(call: Call, error: Error): void {
    if (this.#isOpen(call)) this.#calls.delete(call.unique);
    call.fail(error);
  }
}
