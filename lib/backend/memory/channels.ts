import type { Unsubscribe } from '../index.js';
import { NextTurn } from './next-turn.js';
import { PatternTree } from './pattern-tree.js';

export type Receive = (message: Buffer, channel: string) => void;

interface Subscriber {
  readonly receive: Receive;
  active: boolean;
}

interface Underway {
  readonly to: Subscriber;
  readonly channel: string;
  readonly message: Buffer;
}

/** Channels and who listens to them now. Messages arrive in the next turn, in the order they were published. */
export class Channels {
  readonly #events: string;
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  readonly #patterns = new PatternTree<Subscriber>();
  readonly #turn = new NextTurn(() => this.#deliver());
  #underway: Underway[] = [];

  /** @param events what the channels of events begin with, before the name */
  constructor(events: string) {
    this.#events = events;
  }

  /** @param receive must not throw */
  subscribe(channel: string, receive: Receive): Unsubscribe {
    const subscriber = { receive, active: true };
    const others = this.#subscribers.get(channel);
    if (others === undefined) this.#subscribers.set(channel, new Set([subscriber]));
    else others.add(subscriber);
    return () => {
      subscriber.active = false;
      this.#remove(channel, subscriber);
    };
  }

  /** To the channels of all events whose name the pattern stands for. @param receive must not throw */
  subscribePattern(pattern: string, receive: Receive): Unsubscribe {
    const subscriber = { receive, active: true };
    this.#patterns.add(pattern, subscriber);
    return () => {
      subscriber.active = false;
      this.#patterns.remove(pattern, subscriber);
    };
  }

  /** Every subscriber gets a copy of its own, as if it had crossed a wire. */
  publish(channel: string, message: Uint8Array): void {
    for (const to of this.#subscribers.get(channel) ?? []) this.#send(to, channel, message);
    if (this.#patterns.isEmpty || !channel.startsWith(this.#events)) return;
    const name = channel.slice(this.#events.length);
    for (const to of this.#patterns.find(name)) this.#send(to, channel, message);
  }

  #send(to: Subscriber, channel: string, message: Uint8Array): void {
    this.#underway.push({ to, channel, message: Buffer.from(message) });
    this.#turn.ask();
  }

  #deliver(): void {
    const arrived = this.#underway;
    this.#underway = [];
    for (const { to, channel, message } of arrived) {
      if (to.active) to.receive(message, channel);
    }
  }

  #remove(channel: string, subscriber: Subscriber): void {
    const subscribers = this.#subscribers.get(channel);
    subscribers?.delete(subscriber);
    if (subscribers?.size === 0) this.#subscribers.delete(channel);
  }
}
