import { describe, expect, it } from 'vitest';
import { task, tasks } from './messages.js';
import { type OpenScene, texts } from './scene.js';

const overloaded = { code: 'OVERLOADED' };
const LATER = 600_000;

export function describeBounds(open: OpenScene): void {
  describe('bounds', () => {
    it('refuse a group that would exceed them, as a whole', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'], streamLength: 5 });
      await scene.add(...tasks('a', 3));
      await expect(scene.add(...tasks('a', 3))).rejects.toMatchObject(overloaded);
      expect((await scene.name('a')).waiting).toBe(3);
      await scene.add(...tasks('a', 2));
      await expect(scene.add(task('a'))).rejects.toMatchObject(overloaded);
      expect(texts(await consumer.take(5))).toEqual(['0', '1', '2', '0', '1']);
    });

    it('count what waits, not what runs', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'], streamLength: 2 });
      await scene.add(...tasks('a', 2));
      const held = await consumer.take(2);
      await scene.add(...tasks('a', 2));
      await expect(scene.add(task('a'))).rejects.toMatchObject(overloaded);
      for (const delivery of held) await consumer.done(delivery);
      await expect(scene.add(task('a'))).rejects.toMatchObject(overloaded);
    });

    it('count every name of the service, its lanes, and what waits for a key', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a', 'b'], own: ['c'], streamLength: 6 });
      const other = await scene.join({ service: 'other', tasks: ['z'] });
      await scene.add(
        task('a'),
        task('b', { target: consumer.id }),
        task('c'),
        task('a', { key: 'k' }),
        task('a', { key: 'k' }),
        task('b', { key: 'k' }),
      );
      await expect(scene.add(task('b'))).rejects.toMatchObject(overloaded);
      await scene.add(...tasks('z', 7));
      expect(await other.take(7)).toHaveLength(7);
    });

    it('do not count delayed messages, and never stop a move', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'], streamLength: 1 });
      await scene.add(task('a', { delay: 20 }), task('a', { delay: LATER }));
      await scene.add(task('a'));
      const held = await consumer.takeOne();
      await scene.add(task('a'));
      expect(await consumer.release(held)).toBe('settled');
      await scene.until(async () => {
        await scene.backend.queue.promote();
        return (await scene.stats()).delayed === 1;
      });
      expect((await scene.name('a')).waiting).toBe(3);
    });

    it('drop the oldest into the dead letters where that was chosen', async () => {
      const scene = await open();
      const consumer = await scene.join({
        tasks: ['a'],
        streamLength: 3,
        overflow: 'drop-oldest',
      });
      await scene.add(...tasks('a', 3));
      await scene.add(task('a', { payload: 'new 1' }), task('a', { payload: 'new 2' }));
      expect(texts(await consumer.take(3))).toEqual(['2', 'new 1', 'new 2']);
      const letters = await scene.backend.deadLetters.list({ count: 10 });
      expect(letters.map(({ reason }) => reason)).toEqual(['dropped', 'dropped']);
      expect(texts(letters)).toEqual(['0', '1']);
      expect((await scene.stats()).counters).toMatchObject({ added: 5, dropped: 2 });
    });

    it('free the key of what they drop', async () => {
      const scene = await open();
      const consumer = await scene.join({
        tasks: ['a'],
        streamLength: 2,
        overflow: 'drop-oldest',
      });
      for (const message of tasks('a', 4, { key: 'k' })) await scene.add(message);
      const order: string[] = [];
      for (let i = 0; i < 2; i++) {
        const delivery = await consumer.takeOne();
        order.push(delivery.payload.toString());
        await consumer.done(delivery);
      }
      expect(order).toEqual(['2', '3']);
      expect((await scene.audit()).keyHolders).toEqual([]);
    });

    it('drop what waits behind a running one of its key', async () => {
      const scene = await open();
      const consumer = await scene.join({
        tasks: ['a'],
        streamLength: 2,
        overflow: 'drop-oldest',
      });
      await scene.add(task('a', { key: 'k', payload: 'head' }));
      const head = await consumer.takeOne();
      for (const message of tasks('a', 4, { key: 'k' })) await scene.add(message);
      expect(await scene.stats()).toMatchObject({ gated: 2, deadLetters: 2 });
      await consumer.done(head);
      for (const expected of ['2', '3']) {
        const delivery = await consumer.takeOne();
        expect(texts([delivery])).toEqual([expected]);
        await consumer.done(delivery);
      }
      await consumer.leave();
      expect(await scene.audit()).toMatchObject({ keyHolders: [], leftovers: [] });
    });

    it('are the sender’s for a name that nobody handles', async () => {
      const scene = await open({ streamLength: 2 });
      await scene.add(task('a'), task('a', { key: 'k' }));
      await expect(scene.add(task('a'))).rejects.toMatchObject(overloaded);
      await scene.add(...tasks('b', 2));
      const unbounded = await scene.connect();
      expect(await unbounded.queue.add(tasks('a', 3), 5_000)).toHaveLength(3);
    });

    it('are the sender’s for a name that several services handle', async () => {
      const scene = await open({ streamLength: 2, overflow: 'drop-oldest' });
      const first = await scene.join({ service: 'first', tasks: ['a'], streamLength: 1 });
      await scene.join({ service: 'second', tasks: ['a'], streamLength: 1 });
      await scene.add(...tasks('a', 4));
      expect(texts(await first.take(2))).toEqual(['2', '3']);
    });

    it('let a duplicate pass: it adds nothing', async () => {
      const scene = await open();
      await scene.join({ tasks: ['a'], streamLength: 1 });
      const dedupe = { id: 'x', window: LATER };
      await scene.add(task('a', { dedupe }));
      expect(await scene.add(task('a', { dedupe }))).toMatchObject([{ duplicate: true }]);
    });
  });
}
