import type { MessageStream } from './message-stream.js';
import { NextTurn } from './next-turn.js';
import type { Streams } from './streams.js';
import type { Waiter } from './waiter.js';

/** Brings ready messages and waiting fetches together, once a turn, the longest waiting fetch first. */
export class Handover {
  readonly #streams: Streams;
  readonly #arrivals = new Set<MessageStream>();
  readonly #newcomers = new Set<Waiter<MessageStream>>();
  readonly #waiting = new Map<Waiter<MessageStream>, readonly MessageStream[]>();
  readonly #turn = new NextTurn(() => this.#serveAll());

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  /** A message came to the stream. */
  arrived(stream: MessageStream): void {
    if (stream.waiters.size === 0) return;
    this.#arrivals.add(stream);
    this.#turn.ask();
  }

  /** Serves the waiter in the next turn or, if there is nothing for it then, when something arrives. */
  ask(waiter: Waiter<MessageStream>): void {
    this.leave(waiter);
    this.#newcomers.add(waiter);
    this.#turn.ask();
  }

  /** Serves the waiter no more. */
  leave(waiter: Waiter<MessageStream>): void {
    this.#newcomers.delete(waiter);
    for (const source of this.#waiting.get(waiter) ?? []) {
      source.waiters.delete(waiter);
      this.#streams.prune(source);
    }
    this.#waiting.delete(waiter);
  }

  /** Asks again for everybody who waits at the stream: something other than a message has changed. */
  recheck(stream: MessageStream): void {
    for (const waiter of stream.waiters) this.ask(waiter);
  }

  #serveAll(): void {
    for (const stream of this.#arrivals) this.#serveWaitersOf(stream);
    this.#arrivals.clear();
    for (const waiter of this.#newcomers) {
      this.#newcomers.delete(waiter);
      if (!waiter.serve()) this.#wait(waiter);
    }
  }

  #serveWaitersOf(stream: MessageStream): void {
    for (const waiter of stream.waiters) {
      if (stream.size === 0) return;
      if (waiter.serve()) this.leave(waiter);
    }
  }

  #wait(waiter: Waiter<MessageStream>): void {
    const sources = waiter.sources();
    for (const source of sources) source.waiters.add(waiter);
    this.#waiting.set(waiter, sources);
  }
}
