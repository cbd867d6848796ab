import type { Redis } from 'ioredis';
import { uniqueName } from '../support/unique-name.js';
import type { BenchCase, Entry } from './bench-case.js';
import type { Setup } from './contender.js';
import { FIRST } from './load.js';
import type { Received, Sent } from './process/calls.js';
import { ContenderProcess } from './process/contender-process.js';
import { type RedisUsage, watchRedis } from './redis-usage.js';

const RECEIVED_WITHIN = 30_000;
const SETTLED_WITHIN = 5_000;

/** What one run showed; times in ms. */
export interface Run {
  /** Messages per second. */
  readonly rate: number;
  readonly count: number;
  readonly elapsed: number;
  readonly producer: Sent;
  readonly consumer: Received;
  readonly server: RedisUsage;
}

export interface PairOptions {
  readonly host: string;
  readonly port: number;
  /** For figures about the server. */
  readonly redis: Redis;
  readonly from: 'lib' | 'dist';
  readonly profile?: string;
}

/** The two processes of one entry, run after run. */
export class Pair {
  readonly entry: Entry;
  readonly #case: BenchCase;
  readonly #redis: Redis;
  readonly #setup: Setup;
  readonly #producer: ContenderProcess;
  readonly #consumer: ContenderProcess;
  #next = FIRST;

  constructor(benchCase: BenchCase, entry: Entry, options: PairOptions) {
    const { host, port, redis, from, profile } = options;
    const { contender, mode } = entry;
    this.entry = entry;
    this.#case = benchCase;
    this.#redis = redis;
    const app = uniqueName(contender);
    const { kind } = benchCase;
    this.#setup = { kind, host, port, app, ...(mode === undefined ? {} : { mode }) };
    const start = (role: string): ContenderProcess =>
      new ContenderProcess({
        contender,
        from,
        ...(profile === undefined
          ? {}
          : { profile: `${profile}/${benchCase.name}-${contender}${mode ?? ''}-${role}` }),
      });
    this.#producer = start('producer');
    this.#consumer = start('consumer');
  }

  async open(): Promise<void> {
    await this.#openConsumer();
    await this.#producer.call('openProducer', this.#setup);
    if (this.#case.flow === 'drained') await this.#consumer.call('close');
  }

  /** One run; rejects when anything was lost, doubled or left behind. */
  async run(count: number): Promise<Run> {
    const first = this.#next;
    this.#next += count;
    await this.#consumer.call('expect', { first, count });
    const watched = await watchRedis(this.#redis);
    const batch = { first, count, inFlight: this.#case.inFlight };
    const [sent, received] =
      this.#case.flow === 'drained' ? await this.#drain(batch) : await this.#both(batch);
    const server = await watched();
    await this.#check(received, count);
    const elapsed = this.#elapsed(sent, received);
    const rate = (count / elapsed) * 1_000;
    return { rate, count, elapsed, producer: sent, consumer: received, server };
  }

  async end(): Promise<void> {
    await Promise.all([this.#producer.end(), this.#consumer.end()]);
  }

  async #both(batch: {
    first: number;
    count: number;
    inFlight: number;
  }): Promise<[Sent, Received]> {
    return await Promise.all([
      this.#producer.call('send', batch),
      this.#consumer.call('received', RECEIVED_WITHIN),
    ]);
  }

  async #drain(batch: {
    first: number;
    count: number;
    inFlight: number;
  }): Promise<[Sent, Received]> {
    const sent = await this.#producer.call('send', batch);
    await this.#openConsumer();
    const received = await this.#consumer.call('received', RECEIVED_WITHIN);
    await this.#settled();
    await this.#consumer.call('close');
    return [sent, received];
  }

  async #openConsumer(): Promise<void> {
    await this.#consumer.call('openConsumer', this.#setup);
  }

  #elapsed(sent: Sent, received: Received): number {
    const { flow } = this.#case;
    if (flow === 'answered') return sent.endedAt - sent.startedAt;
    return received.lastAt - (flow === 'drained' ? received.firstAt : sent.startedAt);
  }

  async #check({ received, duplicates, strays }: Received, count: number): Promise<void> {
    const wrong = received !== count || duplicates > 0 || strays > 0;
    if (wrong) {
      throw new Error(
        `${this.#case.name}, ${this.entry.label}: ${received} of ${count} arrived, ${duplicates} twice, ${strays} of another run`,
      );
    }
    await this.#settled();
  }

  async #settled(): Promise<void> {
    const deadline = performance.now() + SETTLED_WITHIN;
    for (;;) {
      const backlog = await this.#producer.call('backlog');
      if (backlog === 0) return;
      if (performance.now() > deadline) {
        throw new Error(
          `${this.#case.name}, ${this.entry.label}: ${backlog} messages were left behind`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
