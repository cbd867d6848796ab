import type { BenchCase } from '../bench-case.js';

export const events: BenchCase = {
  name: 'events',
  title: 'Events, received by one instance',
  kind: 'event',
  flow: 'live',
  inFlight: 2_000,
  entries: [
    { label: 'nestjs-broker', contender: 'nestjs-broker', count: 60_000 },
    { label: 'Nest Redis transport', contender: 'nest-redis', count: 25_000 },
  ],
  ratios: [{ of: 'nestjs-broker', to: 'Nest Redis transport', goal: 1.2 }],
};
