import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../lib/backend/index.js';
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

    it('are no place for a name the target does not handle', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a'] });
      const other = await scene.join({ tasks: ['c'] });
      await scene.add(task('c', { target: target.id, payload: 'c' }));
      expect(texts(await other.take())).toEqual(['c']);
      expect(await target.poll()).toEqual([]);
    });

    it('are no place while the target is drained: anybody else gets it', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a'] });
      const other = await scene.join({ tasks: ['a'] });
      await scene.backend.queue.setWeight(target.id, 0);
      await scene.add(task('a', { target: target.id, payload: 'not now' }));
      expect(await target.pollLanes()).toEqual([]);
      expect(texts(await other.take())).toEqual(['not now']);
    });

    it('exist for each group: a name with a bound of its own has its own', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a'], own: ['b'], groups: { 't:heavy': ['c'] } });
      const other = await scene.join({ tasks: ['a'], own: ['b'], groups: { 't:heavy': ['c'] } });
      for (const name of ['a', 'b', 'c']) {
        await scene.add(...tasks(name, 2, { target: target.id }));
      }
      expect(await other.poll()).toEqual([]);
      const limits: Record<string, number> = { 't:a': 0, 't:b': 1, 't:c': 2 };
      const wants = target.wants().map((want) => ({ ...want, limit: limits[want.address] ?? 0 }));
      const taken = await target.fetch(10, wants);
      const count = (name: string) =>
        taken.filter(({ envelope }) => envelope.address === name).length;
      expect([count('t:a'), count('t:b') <= 1, count('t:c') <= 2]).toEqual([0, true, true]);
      expect(taken.every(({ routed }) => routed)).toBe(true);
      expect([...taken, ...(await target.take(6 - taken.length))]).toHaveLength(6);
    });

    it('are read within the largest limit of their names, and within the total', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a', 'b'] });
      await scene.add(...tasks('a', 6, { target: target.id }));
      const [a, b] = target.wants();
      const wants = [
        { ...a!, limit: 1 },
        { ...b!, limit: 3 },
      ];
      expect(texts(await target.fetch(10, wants))).toEqual(['0', '1', '2']);
      expect(texts(await target.take(2))).toEqual(['3', '4']);
      expect(await target.fetch(1, [{ ...a!, limit: 0 }, b!])).toHaveLength(1);
    });

    it('are not read for a group that is not wanted', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a'], own: ['b'] });
      await scene.add(task('b', { target: target.id }), task('a', { payload: 'wanted' }));
      const [a] = target.wants();
      expect(texts(await target.fetch(5, [a!]))).toEqual(['wanted']);
      expect(await scene.name('b')).toMatchObject({ waiting: 1, running: 0 });
    });

    it('say whether a message came through them', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { target: target.id, payload: 'lane' }));
      await scene.add(task('a', { payload: 'name' }));
      const taken = await target.take(2);
      const routed = Object.fromEntries(taken.map((each) => [texts([each])[0], each.routed]));
      expect(routed).toEqual({ lane: true, name: false });
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

    it('are emptied in all groups when their consumer goes', async () => {
      const scene = await open();
      const options = { tasks: ['a'], own: ['b'], groups: { 't:heavy': ['c'] }, requests: ['q'] };
      const dying = await scene.join({ ...options, ttl: 60 });
      const other = await scene.join(options);
      const { id: target } = dying;
      for (const name of ['a', 'b', 'c']) await scene.add(task(name, { target, payload: name }));
      await scene.add(request('q', { target }));
      await scene.bury(dying);
      expect(texts(await other.take(3)).toSorted()).toEqual(['a', 'b', 'c']);
      expect(await other.take(1, 'request')).toHaveLength(1);
      expect((await scene.audit()).leftovers.filter((what) => what.includes(target))).toEqual([]);
    });

    it('are counted at their consumer, held messages included', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 3, { target: target.id }), task('a'));
      const count = async () => {
        const { inFlight, waiting } = await scene.info(target);
        return { inFlight, waiting, loads: await scene.loads('a', target) };
      };
      expect(await count()).toEqual({ inFlight: 0, waiting: 3, loads: [3] });
      const held = await target.take(4);
      expect(await count()).toEqual({ inFlight: 4, waiting: 0, loads: [3] });
      await target.done(held.find(({ envelope }) => envelope.target !== undefined)!);
      expect(await count()).toEqual({ inFlight: 3, waiting: 0, loads: [2] });
    });

    it('lose what is settled together, of one name or several, and nothing that is held or waits', async () => {
      const scene = await open();
      const target = await scene.join({ tasks: ['a', 'b'] });
      const named = (i: number) => (i < 40 || i % 2 === 0 ? 'a' : 'b');
      const sent = Array.from({ length: 140 }, (_, i) =>
        task(named(i), { target: target.id, payload: String(i) }),
      );
      const left = new Set(sent.map(({ envelope }) => envelope.unique));
      await scene.add(...sent);
      const settle = async (...deliveries: Delivery[]): Promise<void> => {
        await Promise.all(deliveries.map((delivery) => target.done(delivery)));
        for (const { envelope } of deliveries) left.delete(envelope.unique);
        expect(new Set((await scene.audit()).places.keys())).toEqual(left);
        expect(await scene.loads('a', target)).toEqual([left.size]);
      };
      const isOf = (name: string) => (delivery: Delivery) =>
        delivery.envelope.address === `t:${name}`;
      // of one name: the oldest is held, then none
      const first = await target.take(40);
      await settle(...first.slice(1));
      await settle(...first.slice(0, 1), ...(await target.take(20)).toReversed());
      // of two names in turn: nothing else is held, then two in their midst
      const mixed = await target.take(40);
      await settle(...mixed.filter(isOf('b')), ...mixed.filter(isOf('a')));
      const more = await target.take(34);
      const [as, bs] = [more.filter(isOf('a')), more.filter(isOf('b'))];
      await settle(...bs, ...as.slice(0, 1));
      await settle(...as.slice(1));
      expect(await target.take(6)).toHaveLength(6);
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
