import { describe, expect, it } from 'vitest';
import { task, tasks } from './messages.js';
import { type OpenScene, texts } from './scene.js';

export function describeNames(open: OpenScene): void {
  describe('names', () => {
    it('wait, counted, until somebody handles them', async () => {
      const scene = await open();
      const other = await scene.join({ tasks: ['other'] });
      await scene.add(...tasks('a', 3));
      expect(await scene.stats()).toMatchObject({ unclaimed: 3 });
      expect(await scene.name('a')).toMatchObject({ waiting: 3, consumers: 0 });
      expect(await other.poll()).toEqual([]);
      const first = await scene.join({ tasks: ['a'] });
      expect(await scene.stats()).toMatchObject({ unclaimed: 0 });
      expect(texts(await first.take(3))).toEqual(['0', '1', '2']);
    });

    it('wait for the first consumer there ever was', async () => {
      const scene = await open();
      await scene.add(...tasks('a', 100));
      const consumer = await scene.join({ tasks: ['a'] });
      expect(texts(await consumer.take(100)).map(Number)).toEqual([...Array(100).keys()]);
    });

    it('belong to their service: two services never eat each other’s work', async () => {
      const scene = await open();
      const orders = await scene.join({ service: 'orders', tasks: ['create', 'shared'] });
      const mails = await scene.join({ service: 'mails', tasks: ['send', 'shared'] });
      await scene.add(task('send', { payload: 'a mail' }), task('create', { payload: 'an order' }));
      expect(texts(await orders.take())).toEqual(['an order']);
      expect(texts(await mails.take())).toEqual(['a mail']);
      expect(await orders.poll()).toEqual([]);
      await scene.add(...tasks('shared', 4));
      const [first, second] = [await orders.take(2), await mails.take(2)];
      expect([...texts(first), ...texts(second)].toSorted()).toEqual(['0', '1', '2', '3']);
    });

    it('reach the instances that handle them in a rolling deploy', async () => {
      const scene = await open();
      const old = await scene.join({ tasks: ['a'] });
      const fresh = await scene.join({ tasks: ['a', 'b'] });
      await scene.add(task('b', { payload: 'b1' }), task('a', { payload: 'a1' }));
      expect(texts(await old.take())).toEqual(['a1']);
      const fetched = await fresh.take();
      expect(texts(fetched)).toEqual(['b1']);
      for (const delivery of fetched) await fresh.done(delivery);
      await fresh.leave();
      await scene.add(task('b', { payload: 'b2' }));
      expect(await old.poll()).toEqual([]);
      expect(await scene.stats()).toMatchObject({ unclaimed: 1 });
    });

    it('count the instances that handle them', async () => {
      const scene = await open();
      const first = await scene.join({ tasks: ['a'], requests: ['a'] });
      await scene.join({ service: 'second', own: ['a'] });
      expect((await scene.name('a')).consumers).toBe(2);
      expect((await scene.name('a', 'request')).consumers).toBe(1);
      await first.leave();
      expect((await scene.name('a')).consumers).toBe(1);
      expect((await scene.name('a', 'request')).consumers).toBe(0);
    });

    it('may hold anything: colons, spaces, other alphabets, braces', async () => {
      const scene = await open();
      const names = ['a:b', ':', 'ä ö', '{tag}', 'a*[b]?', 'n:a'];
      const consumer = await scene.join({ tasks: names });
      await scene.add(...names.map((name) => task(name, { payload: name, key: name })));
      expect(texts(await consumer.take(names.length)).toSorted()).toEqual(names.toSorted());
    });
  });
}
