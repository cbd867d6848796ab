import type { BenchCase } from '../bench-case.js';

const requests = (inFlight: number, count: number, goal?: number): BenchCase => ({
  name: `requests-${inFlight}`,
  title: `Requests with replies, ${inFlight} in flight`,
  kind: 'request',
  flow: 'answered',
  inFlight,
  entries: [
    { label: 'nestjs-broker fast', contender: 'nestjs-broker', replies: 'fast', count },
    { label: 'nestjs-broker reliable', contender: 'nestjs-broker', replies: 'reliable', count },
    { label: 'Nest Redis transport', contender: 'nest-redis', count },
  ],
  ratios: [
    {
      of: 'nestjs-broker fast',
      to: 'Nest Redis transport',
      ...(goal === undefined ? {} : { goal }),
    },
    { of: 'nestjs-broker reliable', to: 'Nest Redis transport' },
  ],
});

export const requestsAlone = requests(1, 5_000, 1);
export const requests64 = requests(64, 30_000, 1.4);
export const requests256 = requests(256, 30_000);
