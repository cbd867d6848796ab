import type { Address } from '../../message/index.js';
import type { Member, TurnsPort } from '../index.js';
import { RedisBackend, type RedisBackendOptions } from './backend.js';

/** Turns one call asks for at most. */
const MAX_COUNT = 256;

interface Asking {
  readonly count: number;
  readonly resolve: (consumers: readonly string[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Turns on a Redis of their own. The same scripts keep the membership there; no message ever lies in it. */
export class RedisTurns implements TurnsPort {
  readonly #backend: RedisBackend;
  readonly #waiting = new Map<Address, Asking[]>();
  readonly #busy = new Set<Address>();

  constructor(options: RedisBackendOptions) {
    this.#backend = new RedisBackend(options);
  }

  async announce(member: Member): Promise<void> {
    await this.#backend.connect();
    const groups = member.groups.map(({ name, rule }) => ({
      name,
      rule: { ...rule, local: false },
    }));
    await this.#backend.queue.join({ ...member, groups });
  }

  async beat(consumer: string): Promise<boolean> {
    const { queue } = this.#backend;
    const { status, expired } = await queue.beat(consumer, []);
    for (const other of expired) {
      if (other !== consumer) await queue.evict(other, { leaving: false, lostLimit: 1 });
    }
    return status === 'alive';
  }

  async withdraw(consumer: string): Promise<void> {
    await this.#backend.queue.evict(consumer, { leaving: true, lostLimit: 1 });
  }

  async setWeight(consumer: string, weight: number): Promise<void> {
    await this.#backend.queue.setWeight(consumer, weight);
  }

  /** What is asked while an answer is on its way is asked together. */
  next(address: Address, count: number): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(address) ?? [];
      this.#waiting.set(address, waiting);
      waiting.push({ count, resolve, reject });
      if (!this.#busy.has(address)) void this.#ask(address);
    });
  }

  async close(): Promise<void> {
    await this.#backend.close();
  }

  async #ask(address: Address): Promise<void> {
    this.#busy.add(address);
    // what is sent in this turn of the event loop goes along
    await Promise.resolve();
    while (this.#waiting.has(address)) {
      const batch = this.#take(address);
      const count = batch.reduce((sum, asking) => sum + asking.count, 0);
      try {
        await this.#backend.connect();
        const turns = await this.#backend.queue.turns(address, count);
        let from = 0;
        for (const asking of batch) {
          asking.resolve(turns.slice(from, from + asking.count));
          from += asking.count;
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#busy.delete(address);
  }

  #take(address: Address): Asking[] {
    const waiting = this.#waiting.get(address) ?? [];
    let count = 0;
    let n = 0;
    while (n < waiting.length && (n === 0 || count + waiting[n]!.count <= MAX_COUNT)) {
      count += waiting[n]!.count;
      n += 1;
    }
    const batch = waiting.splice(0, n);
    if (waiting.length === 0) this.#waiting.delete(address);
    return batch;
  }
}
