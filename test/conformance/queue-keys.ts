import { describe, expect, it } from 'vitest';
import { idOf, task, tasks } from './messages.js';
import { type OpenScene, texts } from './scene.js';

const LATER = 600_000;

export function describeKeys(open: OpenScene): void {
  describe('order of a key', () => {
    it('is the order of acceptance, one at a time', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 5, { key: 'k' }));
      for (let i = 0; i < 5; i++) {
        const all = await consumer.take();
        expect(texts([...all, ...(await consumer.poll())])).toEqual([String(i)]);
        expect(await scene.stats()).toMatchObject({ gated: 4 - i });
        for (const delivery of all) await consumer.done(delivery);
      }
      expect((await scene.audit()).keyHolders).toEqual([]);
    });

    it('does not hold up other keys, nor messages without one', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(
        task('a', { key: 'k', payload: 'k1' }),
        task('a', { key: 'k', payload: 'k2' }),
        task('a', { key: 'l', payload: 'l1' }),
        task('a', { payload: 'none' }),
      );
      expect(texts(await consumer.take(3))).toEqual(['k1', 'l1', 'none']);
    });

    it('holds while its head waits for a retry', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 3, { key: 'k' }));
      await consumer.retry(await consumer.takeOne(), 40);
      expect(await consumer.poll()).toEqual([]);
      await scene.promoteAll();
      const again = await consumer.takeOne();
      expect(texts([again])).toEqual(['0']);
      expect(await consumer.poll()).toEqual([]);
      await consumer.done(again);
      expect(texts(await consumer.take())).toEqual(['1']);
    });

    it.each(['retry', 'release'] as const)('holds through an immediate %s', async (verdict) => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 2, { key: 'k' }));
      await consumer[verdict](await consumer.takeOne());
      const again = await consumer.takeOne();
      expect(texts([again, ...(await consumer.poll())])).toEqual(['0']);
      await consumer.done(again);
      expect(texts(await consumer.take())).toEqual(['1']);
    });

    it('goes on behind a dead letter', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 2, { key: 'k' }));
      await consumer.dead(await consumer.takeOne());
      expect(texts(await consumer.take())).toEqual(['1']);
    });

    it('goes on behind a message that expired', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 2, { key: 'k' }));
      await consumer.settle(await consumer.takeOne(), { type: 'expired' });
      expect(texts(await consumer.take())).toEqual(['1']);
    });

    it('survives the death of the holder: the same one runs first', async () => {
      const scene = await open();
      const dying = await scene.join({ tasks: ['a'], ttl: 40 });
      const heir = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 3, { key: 'k' }));
      const held = await dying.takeOne();
      expect(await heir.poll()).toEqual([]);
      await scene.bury(dying);
      expect(await dying.done(held)).toBe('stale');
      for (const expected of ['0', '1', '2']) {
        const delivery = await heir.takeOne();
        expect(texts([delivery, ...(await heir.poll())])).toEqual([expected]);
        await heir.done(delivery);
      }
    });

    it('counts delayed messages from the moment they are due', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(
        task('a', { key: 'k', delay: 40, payload: 'delayed' }),
        task('a', { key: 'k', payload: 'at once' }),
      );
      const first = await consumer.takeOne();
      expect(texts([first])).toEqual(['at once']);
      await scene.add(task('a', { key: 'k', payload: 'second' }));
      await scene.promoteAll();
      await scene.add(task('a', { key: 'k', payload: 'third' }));
      await consumer.done(first);
      for (const expected of ['second', 'delayed', 'third']) {
        const delivery = await consumer.takeOne();
        expect(texts([delivery])).toEqual([expected]);
        await consumer.done(delivery);
      }
    });

    it('goes on when its waiting head is cancelled', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const group = tasks('a', 4, { key: 'k' });
      await scene.add(...group);
      const { queue } = scene.backend;
      expect(await queue.cancel(idOf(group[0]!))).toBe('removed');
      expect(await queue.cancel(idOf(group[2]!))).toBe('removed');
      const head = await consumer.takeOne();
      expect(texts([head])).toEqual(['1']);
      await consumer.retry(head, LATER);
      expect(await queue.cancel(idOf(group[1]!))).toBe('removed');
      expect(texts(await consumer.take())).toEqual(['3']);
      expect(await scene.stats()).toMatchObject({ gated: 0, delayed: 0 });
    });

    it('is joined at its end by a replayed dead letter', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 3, { key: 'k' }));
      await consumer.dead(await consumer.takeOne());
      const [letter] = await scene.backend.deadLetters.list({ count: 1 });
      await scene.backend.deadLetters.replay([letter?.entry ?? '']);
      for (const expected of ['1', '2', '0']) {
        const delivery = await consumer.takeOne();
        expect(texts([delivery])).toEqual([expected]);
        await consumer.done(delivery);
      }
    });

    it('leaves nothing behind', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const keys = Array.from({ length: 20 }, (_, i) => `key:${i}`);
      await scene.add(...keys.flatMap((key) => tasks('a', 3, { key })));
      for (let i = 0; i < 60; i++) await consumer.done(await consumer.takeOne());
      await consumer.leave();
      expect(await scene.audit()).toMatchObject({ keyHolders: [], leftovers: [] });
    });
  });
}
