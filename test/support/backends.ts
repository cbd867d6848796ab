import { createMemorySite } from './memory-site.js';
import { createRedisSite } from './redis-site.js';
import type { Site } from './site.js';

/** A backend as suites loop over them. */
export interface BackendUnderTest {
  readonly name: 'memory' | 'redis';
  /** The state of one test. */
  readonly create: () => Promise<Site>;
}

export const backends: readonly BackendUnderTest[] = [
  { name: 'memory', create: createMemorySite },
  { name: 'redis', create: createRedisSite },
];
