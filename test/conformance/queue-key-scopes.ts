import { describe, expect, it } from 'vitest';
import type { Consumer } from './consumer.js';
import { task } from './messages.js';
import { type OpenScene, texts } from './scene.js';

/** Takes and settles everything, one after the other. */
async function drain(consumer: Consumer, count: number): Promise<string[]> {
  const order: string[] = [];
  for (let i = 0; i < count; i++) {
    const delivery = await consumer.takeOne();
    order.push(...texts([delivery, ...(await consumer.poll())]));
    await consumer.done(delivery);
  }
  return order;
}

export function describeKeyScopes(open: OpenScene): void {
  describe('scope of a key', () => {
    it('is the service: its names share their keys', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a', 'b'], own: ['c'] });
      await scene.add(
        task('a', { key: 'k', payload: '1' }),
        task('c', { key: 'k', payload: '2' }),
        task('b', { key: 'k', payload: '3' }),
        task('a', { key: 'k', payload: '4' }),
      );
      expect(await drain(consumer, 4)).toEqual(['1', '2', '3', '4']);
    });

    it('is not shared by two services', async () => {
      const scene = await open();
      const orders = await scene.join({ service: 'orders', tasks: ['a'] });
      const mails = await scene.join({ service: 'mails', tasks: ['b'] });
      await scene.add(task('a', { key: 'k' }), task('b', { key: 'k' }));
      expect(await orders.take()).toHaveLength(1);
      expect(await mails.take()).toHaveLength(1);
    });

    it('is the name while nobody handles it', async () => {
      const scene = await open();
      await scene.add(
        task('a', { key: 'k', payload: '1' }),
        task('b', { key: 'k', payload: '2' }),
        task('a', { key: 'k', payload: '3' }),
      );
      const stats = await scene.stats();
      expect(stats).toMatchObject({ unclaimed: 2, gated: 1 });
    });

    it('stays while a key is held in it, so a first handler breaks no order', async () => {
      const scene = await open();
      await scene.add(task('a', { key: 'k', payload: '1' }), task('a', { key: 'k', payload: '2' }));
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { key: 'k', payload: '3' }));
      expect(await drain(consumer, 3)).toEqual(['1', '2', '3']);
    });

    it('stays while a second service comes and the first one goes', async () => {
      const scene = await open();
      const first = await scene.join({ service: 'first', tasks: ['a'] });
      await scene.add(task('a', { key: 'k', payload: '1' }));
      const held = await first.takeOne();
      const second = await scene.join({ service: 'second', tasks: ['a'] });
      await scene.add(task('a', { key: 'k', payload: '2' }));
      expect(await second.poll()).toEqual([]);
      await first.done(held);
      const next = await second.takeOne();
      await first.leave();
      await scene.add(task('a', { key: 'k', payload: '3' }));
      expect(texts([next])).toEqual(['2']);
      expect(await second.poll()).toEqual([]);
      await second.done(next);
      expect(texts(await second.take())).toEqual(['3']);
    });

    it('becomes the service once no key is held in the name', async () => {
      const scene = await open();
      await scene.add(task('a', { key: 'k', payload: '1' }));
      const consumer = await scene.join({ tasks: ['a', 'b'] });
      expect(await drain(consumer, 1)).toEqual(['1']);
      await scene.add(task('a', { key: 'k', payload: '2' }), task('b', { key: 'k', payload: '3' }));
      expect(await drain(consumer, 2)).toEqual(['2', '3']);
      await consumer.leave();
      expect(await scene.audit()).toMatchObject({ keyHolders: [], leftovers: [] });
    });
  });
}
