import { expect, it } from 'vitest';
import type { InspectorPort, QueuePort, QueueStats } from '../../../lib/backend/index.js';
import { DeadPeers } from '../../../lib/runtime/dead-peers.js';
import { ManualClock } from '../../support/manual-clock.js';

it('does not wait for anybody where nobody is left', async () => {
  const clock = new ManualClock();
  const stats = { consumers: [{ id: 'x', service: 'other', active: true }] } as unknown;
  const inspector = { stats: () => Promise.resolve(stats as QueueStats) } as InspectorPort;
  const queue = {} as QueuePort;
  const peers = new DeadPeers({ queue, inspector, clock, service: 's', ttl: 900, lostLimit: 5 });
  expect(await peers.evict()).toBe(true);
  expect(clock.pending).toBe(0);
});
