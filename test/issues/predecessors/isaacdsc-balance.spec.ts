import { describe } from 'vitest';
import type { StrategyName } from '../../../lib/balancer/index.js';
import { range } from '../../faults/range.js';
import { onBoth } from './place-test.js';
import type { Place } from './place.js';

const COUNT = 120;
const WEIGHTS = [8, 1, 1];

/** What each of three instances has done of so many tasks, by weight; all of them in hand at once. */
async function shares(place: Place, strategy: StrategyName): Promise<number[]> {
  for (const weight of WEIGHTS) {
    const settings = { maxJobs: COUNT, balancer: { strategy, weight } };
    await place.start({ tasks: ['work'], settings });
  }
  const producer = await place.connect();
  const tasks = range(COUNT).map((n) => ({ name: 'work', data: { n } }));
  await producer.runtime.sender.enqueue(tasks);
  await place.counted({ done: COUNT });
  const { consumers } = await producer.runtime.stats();
  return WEIGHTS.map((weight) =>
    consumers
      .filter((consumer) => consumer.weight === weight)
      .reduce((sum, { processed }) => sum + processed, 0),
  );
}

describe('unlike IsaacDSC/broker, which', () => {
  onBoth((test) => {
    test('takes no notice of the strategy and of weights', async ({ place, expect }) => {
      // one instance of weight 8, two of weight 1, which are summed up twice
      expect(await shares(place, 'weighted')).toEqual([96, 24, 24]);
    });

    test('takes no notice of the strategy: round robin', async ({ place, expect }) => {
      expect(await shares(place, 'round_robin')).toEqual([40, 80, 80]);
    });

    test('never counts what a consumer has done', async ({ place, expect }) => {
      const settings = { balancer: { strategy: 'least_conn' as const } };
      const { runtime } = await place.start({ tasks: ['work'], settings });
      await runtime.sender.enqueue([
        { name: 'work', data: { n: 1 } },
        { name: 'work', data: { n: 2, failures: 1 } },
        { name: 'work', data: { n: 3 } },
      ]);
      await place.counted({ done: 3, retried: 1 });

      const { consumers } = await runtime.stats();
      expect(consumers).toMatchObject([{ processed: 3, failed: 1, inFlight: 0, waiting: 0 }]);
    });
  });
});
