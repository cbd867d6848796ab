import type { BenchCase } from '../bench-case.js';

export const tasksLive: BenchCase = {
  name: 'tasks-live',
  title: 'Tasks, produced and handled at the same time',
  kind: 'task',
  flow: 'live',
  inFlight: 2_000,
  entries: [
    { label: 'nestjs-broker', contender: 'nestjs-broker', count: 60_000 },
    { label: 'BullMQ', contender: 'bullmq', count: 8_000 },
    { label: 'plain ioredis loop', contender: 'plain-ioredis', count: 60_000 },
  ],
  ratios: [
    { of: 'nestjs-broker', to: 'BullMQ', goal: 6 },
    { of: 'nestjs-broker', to: 'plain ioredis loop', goal: 0.9 },
  ],
};
