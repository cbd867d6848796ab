import type { Unsubscribe } from '../index.js';
import { NextTurn } from './next-turn.js';

interface Subscriber {
  readonly receive: (message: Buffer) => void;
  active: boolean;
}

/** Channels and who listens to them now. Messages arrive in the next turn, in the order they were published. */
export class Channels {
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  readonly #turn = new NextTurn(() => this.#deliver());
  #underway: { readonly to: Subscriber; readonly message: Buffer }[] = [];

  /** @param receive must not throw */
  subscribe(channel: string, receive: (message: Buffer) => void): Unsubscribe {
    const subscriber = { receive, active: true };
    const others = this.#subscribers.get(channel);
    if (others === undefined) this.#subscribers.set(channel, new Set([subscriber]));
    else others.add(subscriber);
    return () => {
      subscriber.active = false;
      this.#remove(channel, subscriber);
    };
  }

  /** Every subscriber gets a copy of its own, as if it had crossed a wire. */
  publish(channel: string, message: Uint8Array): void {
    for (const to of this.#subscribers.get(channel) ?? []) {
      this.#underway.push({ to, message: Buffer.from(message) });
      this.#turn.ask();
    }
  }

  #deliver(): void {
    const arrived = this.#underway;
    this.#underway = [];
    for (const { to, message } of arrived) {
      if (to.active) to.receive(message);
    }
  }

  #remove(channel: string, subscriber: Subscriber): void {
    const subscribers = this.#subscribers.get(channel);
    subscribers?.delete(subscriber);
    if (subscribers?.size === 0) this.#subscribers.delete(channel);
  }
}
