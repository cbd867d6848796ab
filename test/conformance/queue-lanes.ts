import { describe, expect, it } from 'vitest';
import { idOf, request, task, tasks } from './messages.js';
import { type OpenScene, texts } from './scene.js';

export function describeLanes(open: OpenScene): void {
  describe('lanes', () => {
    it('bring a message to its target and to nobody else', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a'], requests: ['q'] });
      const other = await scene.join({ tasks: ['a'], requests: ['q'] });
      await scene.add(...tasks('a', 3, { target: target.id }));
      await scene.add(request('q', { target: target.id, payload: 'asked' }));
      expect(await other.poll()).toEqual([]);
      expect(await other.poll('request')).toEqual([]);
      expect(texts(await target.take(3))).toEqual(['0', '1', '2']);
      expect(texts(await target.take(1, 'request'))).toEqual(['asked']);
    });

    it('wake the target', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a'] });
      const other = await scene.join({ tasks: ['a'] });
      const [taking, idle] = [target.take(), other.reader().fetch(1, other.wants())];
      await scene.site.calm();
      await scene.add(task('a', { target: target.id, payload: 'for you' }));
      expect(texts(await taking)).toEqual(['for you']);
      other.reader().wake();
      expect((await idle).deliveries).toEqual([]);
    });

    it.each([
      ['is nobody', 'nobody-1-1'],
      ['has left', undefined],
    ])('are no place if the target %s: anybody gets it', async (_, name) => {
      const scene = await open();
      const gone = await scene.join({ tasks: ['a'] });
      const consumer = await scene.join({ tasks: ['a'] });
      await gone.leave();
      await scene.add(task('a', { target: name ?? gone.id }));
      expect(await consumer.take()).toHaveLength(1);
    });

    it('are no place for a name the target does not handle, or with a bound of its own', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a'], own: ['b'] });
      const other = await scene.join({ tasks: ['b', 'c'] });
      await scene.add(
        task('b', { target: target.id, payload: 'b' }),
        task('c', { target: target.id, payload: 'c' }),
      );
      expect(texts(await other.take(2)).toSorted()).toEqual(['b', 'c']);
    });

    it('are tried again at a retry, and not if the target has gone', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a'] });
      const other = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { target: target.id }));
      await target.retry(await target.takeOne());
      expect(await other.poll()).toEqual([]);
      const held = await target.takeOne();
      expect(held.envelope).toMatchObject({ target: target.id, attempts: 1 });
      await target.retry(held, 30);
      await target.leave();
      await scene.promoteAll();
      expect((await other.takeOne()).envelope.attempts).toBe(2);
    });

    it('obey the key gate', async () => {
      const scene = await open();
      const [one, two] = [await scene.join({ tasks: ['a'] }), await scene.join({ tasks: ['a'] })];
      await scene.add(
        task('a', { key: 'k', target: one.id, payload: '1' }),
        task('a', { key: 'k', target: two.id, payload: '2' }),
      );
      expect(await two.poll()).toEqual([]);
      await one.done(await one.takeOne());
      expect(texts(await two.take())).toEqual(['2']);
    });

    it('are read beside the streams', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { payload: 'shared' }));
      await scene.add(task('a', { payload: 'mine', target: consumer.id }));
      const seen = new Set<string>();
      while (seen.size < 2) {
        const deliveries = await consumer.fetch(2);
        for (const payload of texts(deliveries)) seen.add(payload);
      }
      expect([...seen].toSorted()).toEqual(['mine', 'shared']);
    });

    it('are emptied when their consumer leaves: what it had not read goes to the others', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a'] });
      const other = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 5, { target: target.id }));
      const held = await target.takeOne();
      await target.done(held);
      await target.leave();
      expect(texts(await other.take(4))).toEqual(['1', '2', '3', '4']);
      expect((await scene.stats()).counters.lost).toBe(0);
    });

    it('are counted at their consumer, held messages included', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 3, { target: target.id }), task('a'));
      const count = async (): Promise<number | undefined> =>
        (await scene.stats()).consumers.find(({ id }) => id === target.id)?.lane;
      expect(await count()).toBe(3);
      const held = await target.take(4);
      expect(await count()).toBe(3);
      await target.done(held.find(({ envelope }) => envelope.target !== undefined)!);
      expect(await count()).toBe(2);
    });

    it('can be searched: a waiting message is cancelled', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a'] });
      const message = task('a', { target: target.id });
      await scene.add(message);
      expect(await scene.backend.queue.cancel(idOf(message))).toBe('removed');
      expect(await target.poll()).toEqual([]);
    });
  });
}
