import { describe, expect, it } from 'vitest';
import { task } from './messages.js';
import { type OpenScene, texts } from './scene.js';

const LATER = 60_000;
const SOON = 40;

export function describeRetry(open: OpenScene): void {
  describe('retry', () => {
    it('comes again with one attempt more', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { payload: 'p', headers: { h: '1' } }));
      const first = await consumer.takeOne();
      expect(first.envelope.attempts ?? 0).toBe(0);
      expect(await consumer.retry(first)).toBe('settled');
      const second = await consumer.takeOne();
      expect(second.envelope).toEqual({ ...first.envelope, ...second.envelope, attempts: 1 });
      expect(texts([second])).toEqual(['p']);
      await consumer.retry(second);
      expect((await consumer.takeOne()).envelope.attempts).toBe(2);
    });

    it('costs no attempt if it is not to count', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a'));
      await consumer.retry(await consumer.takeOne());
      await consumer.retry(await consumer.takeOne(), 0, false);
      expect((await consumer.takeOne()).envelope.attempts).toBe(1);
    });

    it('is never early', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a'));
      await consumer.retry(await consumer.takeOne(), LATER);
      const { nextDue, now } = await scene.backend.queue.promote();
      expect(nextDue).toBeGreaterThan(now);
      expect(nextDue).toBeLessThanOrEqual(now + LATER);
      expect(await scene.stats()).toMatchObject({ delayed: 1 });
      expect(await scene.name('a')).toMatchObject({ waiting: 0, running: 0 });
      expect(await consumer.poll()).toEqual([]);
    });

    it('comes when its time has come', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { payload: 'again' }));
      await consumer.retry(await consumer.takeOne(), SOON);
      await scene.promoteAll();
      expect(texts(await consumer.take())).toEqual(['again']);
    });

    it('says on the control channel when it is the next one due', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const control = await scene.control();
      await scene.add(task('a'));
      await consumer.retry(await consumer.takeOne(), LATER);
      const { nextDue } = await scene.backend.queue.promote();
      expect(await control.next()).toEqual({ type: 'due', at: nextDue });
    });

    it('puts a released one back as if it had never been handed over', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { headers: { h: '1' } }));
      await consumer.retry(await consumer.takeOne());
      const first = await consumer.takeOne();
      expect(await consumer.release(first)).toBe('settled');
      const second = await consumer.takeOne();
      expect(second.envelope).toEqual(first.envelope);
      expect(second.lease).not.toEqual(first.lease);
    });

    it.each(['done', 'retry', 'release', 'dead'] as const)(
      'accepts one verdict for each delivery: a second %s is stale',
      async (second) => {
        const scene = await open();
        const consumer = await scene.join({ tasks: ['a'] });
        await scene.add(task('a'));
        const delivery = await consumer.takeOne();
        expect(await consumer.retry(delivery)).toBe('settled');
        expect(await consumer[second](delivery)).toBe('stale');
        const again = await consumer.takeOne();
        expect(again.envelope.attempts).toBe(1);
        expect(await consumer.done(again)).toBe('settled');
        expect(await consumer[second](again)).toBe('stale');
        expect((await scene.audit()).places.size).toBe(0);
        expect((await scene.stats()).counters).toMatchObject({ stale: 2, done: 1, dead: 0 });
      },
    );

    it.each(['retry', 'release', 'dead'] as const)(
      'accepts no %s from somebody who does not hold it',
      async (verdict) => {
        const scene = await open();
        const [holder, other] = [
          await scene.join({ tasks: ['a'] }),
          await scene.join({ tasks: ['a'] }),
        ];
        await scene.add(task('a'));
        const delivery = await holder.takeOne();
        expect(await other[verdict](delivery)).toBe('stale');
        expect(await holder.done(delivery)).toBe('settled');
      },
    );
  });
}
