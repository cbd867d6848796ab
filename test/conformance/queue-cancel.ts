import { describe, expect, it } from 'vitest';
import { idOf, request, task, tasks } from './messages.js';
import { type OpenScene, texts } from './scene.js';

const LATER = 600_000;

export function describeCancel(open: OpenScene): void {
  describe('cancel', () => {
    it('removes what waits', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const group = tasks('a', 3);
      await scene.add(...group);
      expect(await scene.backend.queue.cancel(idOf(group[1]!))).toBe('removed');
      expect(texts(await consumer.take(2))).toEqual(['0', '2']);
      expect(await consumer.poll()).toEqual([]);
    });

    it('removes what nobody handles', async () => {
      const scene = await open();
      const message = task('a');
      await scene.add(message);
      expect(await scene.backend.queue.cancel(idOf(message))).toBe('removed');
      expect(await scene.stats()).toMatchObject({ unclaimed: 0 });
    });

    it('removes what is delayed', async () => {
      const scene = await open();
      const message = task('a', { delay: LATER });
      await scene.add(message);
      expect(await scene.backend.queue.cancel(idOf(message))).toBe('removed');
      expect(await scene.stats()).toMatchObject({ delayed: 0 });
      expect((await scene.backend.queue.promote()).nextDue).toBeUndefined();
    });

    it('removes what waits for its retry', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const message = task('a');
      await scene.add(message);
      await consumer.retry(await consumer.takeOne(), LATER);
      expect(await scene.backend.queue.cancel(idOf(message))).toBe('removed');
      expect(await scene.audit()).toMatchObject({ places: new Map() });
    });

    it('tells the holder of what runs, and leaves it to it', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const control = await scene.control();
      const message = task('a');
      await scene.add(message);
      const held = await consumer.takeOne();
      expect(await scene.backend.queue.cancel(idOf(message))).toBe('signalled');
      expect(await control.next()).toEqual({
        type: 'cancel',
        unique: message.envelope.unique,
        consumer: consumer.id,
      });
      expect(await consumer.done(held)).toBe('settled');
    });

    it('knows nothing of what is done, dead, or never was', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const [done, dead] = [task('a'), task('a')];
      await scene.add(done, dead);
      await consumer.done(await consumer.takeOne());
      await consumer.dead(await consumer.takeOne());
      const { queue } = scene.backend;
      expect(await queue.cancel(idOf(done))).toBe('unknown');
      expect(await queue.cancel(idOf(dead))).toBe('unknown');
      expect(await queue.cancel('a:never')).toBe('unknown');
      expect((await scene.stats()).deadLetters).toBe(1);
    });

    it('refuses what is no id', async () => {
      const scene = await open();
      await expect(scene.backend.queue.cancel('no id')).rejects.toMatchObject({
        code: 'INVALID_NAME',
      });
    });

    it('removes a request', async () => {
      const scene = await open();
      const consumer = await scene.join({ requests: ['q'], tasks: ['q'] });
      const message = request('q');
      await scene.add(message, task('q', { payload: 'a task of the same name' }));
      expect(await scene.backend.queue.cancel(idOf(message))).toBe('removed');
      expect(await consumer.poll('request')).toEqual([]);
      expect(await consumer.take()).toHaveLength(1);
    });

    it('removes one of a message’s lives only once', async () => {
      const scene = await open();
      const message = task('a');
      await scene.add(message);
      const { queue } = scene.backend;
      const results = await Promise.all([queue.cancel(idOf(message)), queue.cancel(idOf(message))]);
      expect(results.toSorted()).toEqual(['removed', 'unknown']);
    });
  });
}
