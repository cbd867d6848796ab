import { describe, expect, it } from 'vitest';
import { task, tasks } from './messages.js';
import { type OpenScene, texts } from './scene.js';

const NOTHING = { deliveries: [], undecodable: [], displaced: false };

export function describeReader(open: OpenScene): void {
  describe('reader', () => {
    it('waits until something comes', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a', 'b'] });
      const taking = consumer.take();
      await scene.site.calm();
      await scene.add(task('b', { payload: 'at last' }));
      expect(texts(await taking)).toEqual(['at last']);
    });

    it('takes no more than it was told, of all names and of each', async () => {
      const scene = await open();
      const consumer = await scene.join({ own: ['a', 'b', 'c'] });
      await scene.add(...tasks('a', 9), ...tasks('b', 9), ...tasks('c', 9));
      const wants = [
        { address: 't:a', limit: 3, group: 't:default/a' },
        { address: 't:b', limit: 0, group: 't:default/b' },
        { address: 't:c', limit: 2, group: 't:default/c' },
      ];
      const taken = { a: 0, c: 0 };
      const deliveries = await consumer.fetch(4, wants);
      expect(deliveries.length).toBeGreaterThan(0);
      expect(deliveries.length).toBeLessThanOrEqual(4);
      for (const { envelope } of deliveries) taken[envelope.address.slice(2) as 'a' | 'c'] += 1;
      expect(taken.a).toBeLessThanOrEqual(3);
      expect(taken.c).toBeLessThanOrEqual(2);
      expect(await scene.name('b')).toMatchObject({ waiting: 9, running: 0 });
    });

    it('does not let a full name starve the others', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a', 'b', 'c'] });
      await scene.add(...tasks('a', 50), task('b'), task('c'));
      const names = new Set<string>();
      for (let fetches = 0; fetches < 8; fetches++) {
        const deliveries = await consumer.fetch(1);
        for (const { envelope } of deliveries) names.add(envelope.address);
      }
      expect([...names].toSorted()).toEqual(['t:a', 't:b', 't:c']);
    });

    it('is woken', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const fetching = consumer.reader().fetch(1, consumer.wants());
      await scene.site.calm();
      consumer.reader().wake();
      expect(await fetching).toEqual(NOTHING);
    });

    it('returns at once when it was woken before', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      consumer.reader().wake();
      expect(await consumer.reader().fetch(1, consumer.wants())).toEqual(NOTHING);
      const fetching = consumer.fetch(1);
      await scene.add(task('a', { payload: 'after the wake' }));
      expect(texts(await fetching)).toEqual(['after the wake']);
    });

    it('takes nothing for a name that was left out', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a', 'b'] });
      const fetching = consumer.fetch(5, [{ address: 't:b', limit: 5, group: 't:default' }]);
      await scene.add(task('a'), task('b', { payload: 'wanted' }));
      expect(texts(await fetching)).toEqual(['wanted']);
      expect(await scene.name('a')).toMatchObject({ waiting: 1, running: 0 });
    });

    it('ends a waiting fetch when it closes, and fetches nothing more', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const fetching = consumer.reader().fetch(1, consumer.wants());
      await scene.site.calm();
      await consumer.reader().close();
      expect((await fetching).deliveries).toEqual([]);
      await scene.add(task('a'));
      await scene.site.calm();
      expect(await scene.name('a')).toMatchObject({ waiting: 1, running: 0 });
    });

    it('serves tasks and requests of one consumer apart', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'], requests: ['a'] });
      const fetching = consumer.reader('request').fetch(1, consumer.wants('request'));
      await scene.add(task('a'));
      expect(await consumer.take()).toHaveLength(1);
      consumer.reader('request').wake();
      expect((await fetching).deliveries).toEqual([]);
    });

    it('tells a consumer that is no member', async () => {
      const scene = await open();
      await scene.join({ tasks: ['a'] });
      const consumer = await scene.join({ tasks: ['a'] });
      await consumer.leave();
      const fetched = await consumer.reader().fetch(1, consumer.wants());
      expect(fetched).toMatchObject({ deliveries: [], displaced: true });
    });
  });
}
