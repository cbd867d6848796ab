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

/** What the orchestrator asks of a process; every method ends before the next one begins, `received` excepted. */
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

export interface Call<M extends keyof Calls = keyof Calls> {
  readonly id: number;
  readonly method: M;
  readonly args: Parameters<Calls[M]>;
}

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

export type ContenderName = 'ours' | 'bullmq' | 'plain' | 'nest';

export const loadContender: Readonly<Record<ContenderName, () => Promise<Contender>>> = {
  ours: async () => (await import('../contenders/ours.js')).ours,
  bullmq: async () => (await import('../contenders/bullmq.js')).bullmq,
  plain: async () => (await import('../contenders/plain-ioredis.js')).plainIoredis,
  nest: async () => (await import('../contenders/nest-redis.js')).nestRedis,
};
