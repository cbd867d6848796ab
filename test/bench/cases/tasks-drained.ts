import type { BenchCase } from '../bench-case.js';

export const tasksDrained: BenchCase = {
  name: 'tasks-drained',
  title: 'Tasks, handled from a full backlog',
  kind: 'task',
  flow: 'drained',
  inFlight: 2_000,
  entries: [
    { label: 'nestjs-broker', contender: 'nestjs-broker', count: 60_000 },
    { label: 'BullMQ', contender: 'bullmq', count: 10_000 },
    { label: 'plain ioredis loop', contender: 'plain-ioredis', count: 60_000 },
  ],
  ratios: [
    { of: 'nestjs-broker', to: 'BullMQ' },
    { of: 'nestjs-broker', to: 'plain ioredis loop' },
  ],
};
