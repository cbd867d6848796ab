import type { QueuePort } from '../../../lib/backend/index.js';

const GROUP = 't:default';

/** A consumer that joins, takes messages, and is never heard of again. */
export async function zombie(
  queue: QueuePort,
  address: string,
  ttl: number,
): Promise<{ takes(count: number): Promise<void> }> {
  const consumer = `zombie-${Math.random()}`;
  await queue.join({
    consumer,
    service: 'service',
    instanceName: 'zombie',
    ttl,
    names: [{ address, group: GROUP }],
    groups: [{ name: GROUP, rule: { strategy: 'competing', local: false } }],
    weight: 1,
    overflow: 'reject',
    maxWaiting: 1_000,
  });
  const reader = queue.reader(consumer, 'task', () => false);
  return {
    async takes(count) {
      let taken = 0;
      while (taken < count) {
        const { deliveries } = await reader.fetch(count - taken, [
          { address, group: GROUP, limit: count - taken },
        ]);
        taken += deliveries.length;
      }
      await reader.close();
    },
  };
}
