import { describe, expect, it } from 'vitest';
import { task } from './messages.js';
import { type OpenScene, texts } from './scene.js';

const LATER = 60_000;

export function describeDelay(open: OpenScene): void {
  describe('delay', () => {
    it('is never early, and is no waiting', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { delay: LATER }));
      const { nextDue, now } = await scene.backend.queue.promote();
      expect(nextDue).toBeGreaterThan(now);
      expect(nextDue).toBeLessThanOrEqual(now + LATER);
      expect(await scene.stats()).toMatchObject({ delayed: 1, unclaimed: 0 });
      expect((await scene.name('a')).waiting).toBe(0);
      expect(await consumer.poll()).toEqual([]);
    });

    it('ends at the next promotion after its time', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { delay: 40, payload: 'p', headers: { h: '1' } }));
      await scene.promoteAll();
      const delivery = await consumer.takeOne();
      const { now } = await consumer.beat();
      expect(now).toBeGreaterThanOrEqual((delivery.envelope.enqueuedAt ?? Infinity) + 40);
      expect(delivery.envelope.headers).toEqual({ h: '1' });
      expect(texts([delivery])).toEqual(['p']);
      expect(await scene.stats()).toMatchObject({ delayed: 0 });
    });

    it('of 0 is none', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { delay: 0 }));
      expect(await consumer.take()).toHaveLength(1);
    });

    it('orders by due time, not by acceptance', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(
        task('a', { delay: 50, payload: 'last' }),
        task('a', { delay: 10, payload: 'first' }),
        task('a', { delay: 30, payload: 'middle' }),
      );
      await scene.promoteAll();
      expect(texts(await consumer.take(3))).toEqual(['first', 'middle', 'last']);
    });

    it('is known to members: when the next one is due', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      expect((await consumer.beat()).nextDue).toBeUndefined();
      await scene.add(task('a', { delay: LATER }));
      const { nextDue, now } = await consumer.beat();
      expect(nextDue).toBeGreaterThan(now + LATER / 2);
      expect((await scene.backend.queue.promote()).nextDue).toBe(nextDue);
      const late = await scene.join({ tasks: ['a'] });
      expect((await late.beat()).nextDue).toBe(nextDue);
    });

    it('is announced when it is the next one due, and only then', async () => {
      const scene = await open();
      const control = await scene.control();
      const due = async (): Promise<number | undefined> =>
        (await scene.backend.queue.promote()).nextDue;
      await scene.add(task('a', { delay: 2 * LATER }));
      const first = await due();
      await scene.add(task('a', { delay: 3 * LATER }));
      await scene.add(task('a', { delay: LATER }));
      const second = await due();
      expect(await control.count(2)).toEqual([
        { type: 'due', at: first },
        { type: 'due', at: second },
      ]);
    });

    it('outlives every consumer', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { delay: 20, payload: 'still there' }));
      await consumer.leave();
      await scene.promoteAll();
      const heir = await scene.join({ tasks: ['a'] });
      expect(texts(await heir.take())).toEqual(['still there']);
    });
  });
}
