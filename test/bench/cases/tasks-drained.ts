import type { BenchCase } from '../bench-case.js';

export const tasksDrained: BenchCase = {
  name: 'tasks-drained',
  title: 'Tasks, handled from a full backlog',
  kind: 'task',
  flow: 'drained',
  inFlight: 2_000,
  entries: [
    { label: 'nestjs-broker', contender: 'ours', count: 100_000 },
    { label: 'BullMQ', contender: 'bullmq', count: 15_000 },
    { label: 'plain ioredis loop', contender: 'plain', count: 100_000 },
  ],
  ratios: [
    { of: 'nestjs-broker', to: 'BullMQ' },
    { of: 'nestjs-broker', to: 'plain ioredis loop' },
  ],
};
