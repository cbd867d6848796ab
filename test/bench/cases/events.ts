import type { BenchCase } from '../bench-case.js';

export const events: BenchCase = {
  name: 'events',
  title: 'Events, received by one instance',
  kind: 'event',
  flow: 'live',
  inFlight: 2_000,
  entries: [
    { label: 'nestjs-broker', contender: 'ours', count: 100_000 },
    { label: 'Nest Redis transport', contender: 'nest', count: 50_000 },
  ],
  ratios: [{ of: 'nestjs-broker', to: 'Nest Redis transport', goal: 1.2 }],
};
