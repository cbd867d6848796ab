import type { Contender, Setup } from '../contender.js';
import type { Batch } from '../send-all.js';
import type { Receipt } from '../tally.js';

/** Time and processor time of one process for one run, in ms; memory in MiB. */
export interface Usage {
  readonly cpu: number;
  readonly rss: number;
}

export interface Sent extends Usage {
  readonly startedAt: number;
  readonly endedAt: number;
}

export type Received = Receipt & Usage;

/** What the orchestrator asks of a process; one thing at a time, `received` excepted. */
export interface Calls {
  openProducer(setup: Setup): Promise<void>;
  openConsumer(setup: Setup): Promise<void>;
  close(): Promise<void>;
  /** From now on these count. */
  expect(batch: Pick<Batch, 'first' | 'count'>): Promise<void>;
  /** Resolves when all that is expected has arrived, or after `within` ms to what has. */
  received(within: number): Promise<Received>;
  send(batch: Batch): Promise<Sent>;
  backlog(): Promise<number>;
}

export interface Call {
  readonly id: number;
  readonly method: keyof Calls;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

export type ContenderName = 'nestjs-broker' | 'bullmq' | 'plain-ioredis' | 'nest-redis';

/** Loaded by name, so that no process carries the packages of another contender. */
export const loadContender: Readonly<Record<ContenderName, () => Promise<Contender>>> = {
  'nestjs-broker': async () => (await import('../contenders/nestjs-broker.js')).nestjsBroker,
  bullmq: async () => (await import('../contenders/bullmq.js')).bullmq,
  'plain-ioredis': async () => (await import('../contenders/plain-ioredis.js')).plainIoredis,
  'nest-redis': async () => (await import('../contenders/nest-redis.js')).nestRedis,
};
