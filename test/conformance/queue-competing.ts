import { describe, expect, it } from 'vitest';
import type { Consumer } from './consumer.js';
import { task, tasks } from './messages.js';
import { type OpenScene, type Scene, texts } from './scene.js';

const MESSAGES = 60;

async function joinMany(scene: Scene, count: number): Promise<Consumer[]> {
  return await Promise.all(
    Array.from({ length: count }, async () => {
      return await scene.join({ tasks: ['a'] }, await scene.connect());
    }),
  );
}

/** Takes and settles one at a time until `seen` has them all. */
async function work(consumer: Consumer, seen: string[]): Promise<number> {
  let count = 0;
  while (seen.length < MESSAGES) {
    const { deliveries } = await consumer.reader().fetch(1, consumer.wants());
    for (const delivery of deliveries) {
      seen.push(delivery.payload.toString());
      count++;
      await consumer.done(delivery);
    }
  }
  return count;
}

export function describeCompeting(open: OpenScene): void {
  describe('competing consumers', () => {
    it('give every message exactly one receiver', async () => {
      const scene = await open();
      const consumers = await joinMany(scene, 4);
      const seen: string[] = [];
      const working = consumers.map((consumer) => work(consumer, seen));
      const senders = await Promise.all([scene.connect(), scene.connect()]);
      const messages = tasks('a', MESSAGES);
      for (let i = 0; i < MESSAGES; i += 6) {
        const half = (from: number) => messages.slice(i + from, i + from + 3);
        await Promise.all([
          senders[0]?.queue.add(half(0), 5_000),
          senders[1]?.queue.add(half(3), 5_000),
        ]);
      }
      await Promise.race(working);
      for (const consumer of consumers) consumer.reader().wake();
      await Promise.all(working);
      expect(seen.map(Number).toSorted((a, b) => a - b)).toEqual([...Array(MESSAGES).keys()]);
    });

    it('take turns when they are idle', async () => {
      const scene = await open();
      const [first, second] = (await joinMany(scene, 2)) as [Consumer, Consumer];
      const share = new Map([
        [first, 0],
        [second, 0],
      ]);
      const waiting = new Map<Consumer, Promise<Consumer>>();
      const wait = (consumer: Consumer): void => {
        const taken = consumer.takeOne().then((delivery) => consumer.done(delivery));
        waiting.set(
          consumer,
          taken.then(() => consumer),
        );
      };
      wait(first);
      wait(second);
      for (let i = 0; i < 20; i++) {
        await scene.site.calm();
        await scene.add(task('a'));
        const winner = await Promise.race(waiting.values());
        share.set(winner, (share.get(winner) ?? 0) + 1);
        wait(winner);
      }
      for (const count of share.values()) expect(count).toBeGreaterThanOrEqual(8);
      await scene.add(task('a'), task('a'));
      await Promise.all(waiting.values());
    });

    it('leave what one of them holds to it', async () => {
      const scene = await open();
      const [first, second] = (await joinMany(scene, 2)) as [Consumer, Consumer];
      await scene.add(...tasks('a', 2));
      const held = await first.takeOne();
      expect(texts(await second.take())).toEqual(['1']);
      expect(await second.poll()).toEqual([]);
      expect(await first.done(held)).toBe('settled');
    });
  });
}
