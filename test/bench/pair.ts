import type { Redis } from 'ioredis';
import { uniqueName } from '../support/unique-name.js';
import type { BenchCase, Entry } from './bench-case.js';
import type { Setup } from './contender.js';
import { FIRST } from './load.js';
import type { Received, Sent } from './process/calls.js';
import { ContenderProcess } from './process/contender-process.js';
import { type RedisUsage, watchRedis } from './redis-usage.js';
import type { Batch } from './send-all.js';

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
  /** A folder for profiles of the processes. */
  readonly profile: string | undefined;
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
    const { contender, replies } = entry;
    this.entry = entry;
    this.#case = benchCase;
    this.#redis = redis;
    const app = uniqueName(contender);
    this.#setup = { kind: benchCase.kind, host, port, app, ...(replies && { replies }) };
    const start = (role: string): ContenderProcess => {
      const name = `${benchCase.name}-${entry.label.replaceAll(' ', '-')}-${role}`;
      return new ContenderProcess({
        contender,
        from,
        ...(profile && { profile: `${profile}/${name}` }),
      });
    };
    this.#producer = start('producer');
    this.#consumer = start('consumer');
  }

  async open(): Promise<void> {
    if (this.#case.flow !== 'drained') await this.#consumer.call('openConsumer', this.#setup);
    await this.#producer.call('openProducer', this.#setup);
  }

  /** One run; rejects when anything was lost, came twice or was left behind. */
  async run(count: number): Promise<Run> {
    const batch = { first: this.#next, count, inFlight: this.#case.inFlight };
    this.#next += count;
    const figures =
      this.#case.flow === 'drained' ? await this.#drain(batch) : await this.#both(batch);
    await this.#settled();
    this.#check(await this.#consumer.call('received', 0), count);
    if (this.#case.flow === 'drained') await this.#consumer.call('close');
    const elapsed = this.#elapsed(figures);
    return { ...figures, count, elapsed, rate: (count / elapsed) * 1_000 };
  }

  async end(): Promise<void> {
    await Promise.all([this.#producer.end(), this.#consumer.end()]);
  }

  async #both(batch: Batch): Promise<Figures> {
    await this.#consumer.call('expect', batch);
    const watched = await watchRedis(this.#redis);
    const [producer, consumer] = await Promise.all([
      this.#producer.call('send', batch),
      this.#consumer.call('received', RECEIVED_WITHIN),
    ]);
    return { producer, consumer, server: await watched() };
  }

  async #drain(batch: Batch): Promise<Figures> {
    const producer = await this.#producer.call('send', batch);
    const watched = await watchRedis(this.#redis);
    await this.#consumer.call('expect', batch);
    await this.#consumer.call('openConsumer', this.#setup);
    const consumer = await this.#consumer.call('received', RECEIVED_WITHIN);
    return { producer, consumer, server: await watched() };
  }

  #elapsed({ producer, consumer }: Figures): number {
    const { flow } = this.#case;
    if (flow === 'answered') return producer.endedAt - producer.startedAt;
    return consumer.lastAt - (flow === 'drained' ? consumer.firstAt : producer.startedAt);
  }

  #check({ received, duplicates, strays }: Received, count: number): void {
    if (received === count && duplicates === 0 && strays === 0) return;
    throw this.#wrong(
      `${received} of ${count} arrived, ${duplicates} came twice, ${strays} were of another run`,
    );
  }

  async #settled(): Promise<void> {
    const deadline = performance.now() + SETTLED_WITHIN;
    for (;;) {
      const backlog = await this.#producer.call('backlog');
      if (backlog === 0) return;
      if (performance.now() > deadline) throw this.#wrong(`${backlog} messages were left behind`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #wrong(what: string): Error {
    return new Error(`${this.#case.name}, ${this.entry.label}: ${what}`);
  }
}

type Figures = Pick<Run, 'producer' | 'consumer' | 'server'>;
