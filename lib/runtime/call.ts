import type { ReplyObserver } from './calls.js';

/** The server hears what was taken after so many values, or so many bytes, a fraction of its window. */
const CREDIT = { values: 64, bytes: 256 * 1024 };

/** Somebody who waits for a reply. */
export interface Caller {
  readonly observer: ReplyObserver;
  /** Takes its time-out and its abort signal away. */
  readonly release: () => void;
}

export interface CallParts {
  readonly unique: string;
  readonly name: string;
  readonly reliable: boolean;
  /** Tells the server how many values were taken. */
  readonly credit: (channel: string, taken: number) => void;
}

/** A request on its way, and who waits for its reply: requests with one id share one. */
export class Call {
  readonly unique: string;
  readonly name: string;
  readonly reliable: boolean;
  /** Settles when it was accepted or refused. */
  sent: Promise<unknown> = Promise.resolve();
  /** Whether it was accepted, and not sent by somebody else before. */
  isOwn = false;
  /** Values that arrived so far. */
  received = 0;
  readonly #credit: CallParts['credit'];
  #callers: Caller[] = [];
  #channel: string | undefined;
  #taken = 0;
  #told = 0;
  #bytes = 0;

  constructor({ unique, name, reliable, credit }: CallParts) {
    this.unique = unique;
    this.name = name;
    this.reliable = reliable;
    this.#credit = credit;
  }

  join(caller: Caller): void {
    this.#callers.push(caller);
  }

  /** @returns whether nobody is left; `undefined` when that caller had left before */
  leave(caller: Caller): boolean | undefined {
    const at = this.#callers.indexOf(caller);
    if (at === -1) return undefined;
    this.#callers.splice(at, 1);
    caller.release();
    return this.#callers.length === 0;
  }

  /** @param channel where the server listens for credits, if more values follow */
  next(value: unknown, size: number, channel: string | undefined): void {
    this.received += 1;
    this.#channel ??= channel;
    const waits: Promise<void>[] = [];
    for (const { observer } of [...this.#callers]) {
      const taking = observer.next(value);
      if (taking instanceof Promise) waits.push(taking);
    }
    if (channel === undefined) return;
    if (waits.length === 0) this.#took(size);
    else void Promise.allSettled(waits).then(() => this.#took(size));
  }

  /** The server asks how far this is. */
  answer(channel: string | undefined): void {
    this.#channel ??= channel;
    this.#tell();
  }

  fail(error: Error): void {
    for (const { observer } of this.#end()) observer.error(error);
  }

  complete(): void {
    for (const { observer } of this.#end()) observer.complete();
  }

  #end(): Caller[] {
    const callers = this.#callers;
    this.#callers = [];
    for (const { release } of callers) release();
    return callers;
  }

  #took(size: number): void {
    this.#taken += 1;
    this.#bytes += size;
    const isDue = this.#taken - this.#told >= CREDIT.values || this.#bytes >= CREDIT.bytes;
    if (isDue && this.#callers.length > 0) this.#tell();
  }

  #tell(): void {
    if (this.#channel === undefined) return;
    this.#told = this.#taken;
    this.#bytes = 0;
    this.#credit(this.#channel, this.#taken);
  }
}
