import { randomBytes } from 'node:crypto';
import type {
  BusPort,
  Clock,
  NewMessage,
  QueuePort,
  Timer,
  Unsubscribe,
} from '../backend/index.js';
import { FRAME, type ReplyFrame, decodeErrorBody, decodeFrames } from '../codec/index.js';
import {
  CancelledError,
  ClosedError,
  RemoteError,
  ReplyLostError,
  type SendOutcome,
  ServerLostError,
  TimeoutError,
} from '../errors/index.js';
import { type MessageIds, checkName, toAddress } from '../message/index.js';
import type { ReplyObserver, RequestOptions } from './calls.js';
import { Generations } from './generations.js';
import { type PayloadEncoder, checkHeaders } from './payload-encoder.js';
import type { Router } from './router.js';

/** How much longer than the caller waits a reply is kept for it, in ms. */
const KEEP = 1_000;

export interface RequesterParts {
  readonly queue: QueuePort;
  readonly bus: BusPort;
  readonly router: Router;
  readonly clock: Clock;
  readonly ids: MessageIds;
  readonly payloads: PayloadEncoder;
  readonly timeout: number;
  readonly mode: 'reliable' | 'fast';
  readonly onError: (error: unknown) => void;
}

interface Call {
  readonly name: string;
  readonly observer: ReplyObserver;
  readonly reliable: boolean;
  readonly release: () => void;
  received: number;
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

  /** @returns gives the call up: the observer is not called any more */
  request(
    name: string,
    data: unknown,
    options: RequestOptions,
    observer: ReplyObserver,
  ): () => void {
    if (this.#closed) throw new ClosedError();
    checkName('the name of a request', name);
    const { timeout = this.#parts.timeout, mode = this.#parts.mode, signal } = options;
    if (signal?.aborted === true) throw cancelled(name, signal);
    const payload = this.#parts.payloads.encode(name, data);
    const headers = checkHeaders(options.headers);
    const key = options.key === undefined ? undefined : checkName('key', options.key);
    const unique = this.#parts.ids.unique();
    const reliable = mode === 'reliable';
    this.#calls.add(unique, {
      name,
      observer,
      reliable,
      received: 0,
      release: this.#guard(unique, name, timeout, signal),
    });
    const envelope = {
      unique,
      address: toAddress('request', name),
      ttl: timeout,
      replyTo: this.#channel,
      ...(reliable ? { keepReply: timeout + KEEP } : {}),
      ...(headers === undefined ? {} : { headers }),
      ...(options.target === undefined ? {} : { target: options.target }),
      ...(key === undefined ? {} : { key }),
    };
    this.#send({ envelope, payload }, timeout).then(undefined, (error: unknown) =>
      this.#fail(unique, error as Error),
    );
    return () => this.#end(unique);
  }

  #send(message: NewMessage, timeout: number): Promise<unknown> {
    if (this.#listening) return this.#add(message, timeout);
    return this.#listen().then(() =>
      // it may have ended while the channel was being subscribed
      this.#calls.get(message.envelope.unique) !== undefined
        ? this.#add(message, timeout)
        : undefined,
    );
  }

  #add(message: NewMessage, timeout: number): Promise<unknown> {
    const { queue, router } = this.#parts;
    const routed = router.route([message]);
    const adding =
      routed instanceof Promise
        ? routed.then((messages) => queue.add(messages, timeout))
        : queue.add(routed, timeout);
    return adding.then((added) => router.learn([message], added));
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribeGap?.();
    for (const unique of this.#calls.entries().map(([key]) => key)) {
      this.#fail(
        unique,
        new ClosedError('the broker was closed before the reply arrived', { outcome: 'unknown' }),
      );
    }
    // a subscription that failed has been reported to every call that needed it
    this.#subscribing?.then(
      (unsubscribe) => unsubscribe(),
      () => undefined,
    );
  }

  /** Time-out and abort signal of one call; returns what takes both away. */
  #guard(
    unique: string,
    name: string,
    timeout: number,
    signal: AbortSignal | undefined,
  ): () => void {
    const timer: Timer = this.#parts.clock.after(timeout, () => {
      const message = `no reply to "${name}" within ${timeout} ms`;
      this.#fail(unique, new TimeoutError(message, { outcome: 'unknown' }));
    });
    if (signal === undefined) return () => timer.cancel();
    const onAbort = (): void => {
      this.#fail(unique, cancelled(name, signal, 'unknown'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    return () => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    };
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
    const { kind, sequence, unique } = frame;
    if (kind === FRAME.error) return this.#fail(unique, toError(frame));
    if (sequence !== call.received) {
      if (sequence < call.received) return;
      const lost = sequence - call.received;
      return this.#fail(
        unique,
        new ReplyLostError(`${lost} values of the reply to "${call.name}" were lost`),
      );
    }
    if (kind !== FRAME.end) {
      let value: unknown;
      try {
        value = this.#parts.payloads.decode(call.name, frame.body);
      } catch (error) {
        return this.#fail(unique, error as Error);
      }
      call.received += 1;
      call.observer.next(value);
    }
    if (kind !== FRAME.value) {
      this.#end(unique);
      call.observer.complete();
    }
  }

  #fail(unique: string, error: Error): void {
    const call = this.#calls.get(unique);
    if (call === undefined) return;
    this.#end(unique);
    call.observer.error(error);
  }

  #end(unique: string): void {
    this.#calls.get(unique)?.release();
    this.#calls.delete(unique);
  }
}

const cancelled = (name: string, signal: AbortSignal, outcome: SendOutcome = 'not-sent'): Error =>
  new CancelledError(`the request "${name}" was cancelled by its caller`, {
    cause: signal.reason,
    outcome,
  });

function toError(frame: ReplyFrame): Error {
  const { message, code, data, name } = decodeErrorBody(frame.body);
  if (code === 'SERVER_LOST' && name === 'ServerLostError') return new ServerLostError(message);
  return new RemoteError(message, {
    ...(code === undefined ? {} : { code }),
    ...(data === undefined ? {} : { data }),
  });
}
