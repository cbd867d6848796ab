import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../lib/backend/index.js';
import type { Consumer } from './consumer.js';
import { tasks } from './messages.js';
import { Random } from './model/random.js';
import type { OpenScene } from './scene.js';

const KEYS = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'];
const EACH = 15;

/** What several workers saw of each key: who is at it, and in which order it was done. */
class Journal {
  readonly done = new Map<string, number[]>(KEYS.map((key) => [key, []]));
  readonly overlaps: string[] = [];
  readonly #running = new Map<string, string>();

  get count(): number {
    return [...this.done.values()].reduce((sum, { length }) => sum + length, 0);
  }

  begin({ envelope }: Delivery): void {
    const { key = '', unique } = envelope;
    if (this.#running.has(key)) this.overlaps.push(`${unique} and ${this.#running.get(key)}`);
    this.#running.set(key, unique);
  }

  end({ envelope, payload }: Delivery, isDone: boolean): void {
    const { key = '' } = envelope;
    this.#running.delete(key);
    if (isDone) this.done.get(key)?.push(Number(payload.toString()));
  }
}

async function work(consumer: Consumer, journal: Journal, random: Random): Promise<void> {
  while (journal.count < KEYS.length * EACH) {
    const { deliveries } = await consumer.reader().fetch(2, consumer.wants());
    for (const delivery of deliveries) journal.begin(delivery);
    await new Promise(setImmediate);
    const settling = deliveries.map(async (delivery) => {
      const isDone = random.chance(0.7);
      journal.end(delivery, isDone);
      const settlement = await (isDone ? consumer.done(delivery) : consumer.retry(delivery));
      expect(settlement).toBe('settled');
    });
    await Promise.all(settling);
  }
}

export function describeKeyWorkers(open: OpenScene): void {
  describe('workers that share keys', () => {
    it('never overlap in a key and keep its order, whatever fails', async () => {
      const scene = await open();
      const consumers = await Promise.all(
        [1, 2, 3, 4].map(
          async () => await scene.join({ tasks: ['a', 'b'] }, await scene.connect()),
        ),
      );
      const journal = new Journal();
      const working = consumers.map((consumer, i) => work(consumer, journal, new Random(i)));
      const senders = KEYS.map(async (key, i) => {
        const { queue } = await scene.connect();
        for (const message of tasks(i % 2 === 0 ? 'a' : 'b', EACH, { key })) {
          await queue.add([message], 5_000);
        }
      });
      await Promise.all(senders);
      await Promise.race(working);
      for (const consumer of consumers) consumer.reader().wake();
      await Promise.all(working);
      expect(journal.overlaps).toEqual([]);
      const order = [...Array(EACH).keys()];
      expect([...journal.done]).toEqual(KEYS.map((key) => [key, order]));
    });
  });
}
