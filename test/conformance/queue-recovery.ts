import { describe, expect, it } from 'vitest';
import { LOST_LIMIT } from './consumer.js';
import { idOf, task, tasks } from './messages.js';
import { type OpenScene, texts } from './scene.js';

const SOON = 40;

export function describeRecovery(open: OpenScene): void {
  describe('recovery', () => {
    it('gives what a dead consumer held to others, counted as lost', async () => {
      const scene = await open();
      const dying = await scene.join({ tasks: ['a'], ttl: SOON });
      const heir = await scene.join({ tasks: ['a'] });
      const sent = task('a', { payload: 'p', headers: { h: '1' } });
      await scene.add(sent);
      await dying.take();
      await scene.bury(dying);
      const delivery = await heir.takeOne();
      expect(delivery.envelope).toMatchObject({ ...sent.envelope, lost: 1 });
      expect(delivery.envelope.attempts ?? 0).toBe(0);
      expect(texts([delivery])).toEqual(['p']);
      expect((await scene.stats()).counters.lost).toBe(1);
    });

    it.each(['done', 'retry', 'release', 'dead'] as const)(
      'rejects the %s of a consumer that was evicted',
      async (verdict) => {
        const scene = await open();
        const zombie = await scene.join({ tasks: ['a'], ttl: SOON });
        const heir = await scene.join({ tasks: ['a'] });
        await scene.add(task('a', { payload: 'shared' }));
        await scene.add(task('a', { payload: 'lane', target: zombie.id }));
        const held = await zombie.take(2);
        await scene.bury(zombie);
        for (const delivery of held) expect(await zombie[verdict](delivery)).toBe('stale');
        expect((await zombie.beat(held)).status).toBe('evicted');
        const taken = await heir.take(2);
        for (const delivery of held) expect(await zombie[verdict](delivery)).toBe('stale');
        for (const delivery of taken) expect(await heir.done(delivery)).toBe('settled');
        expect(await scene.stats()).toMatchObject({
          deadLetters: 0,
          counters: { done: 2, dead: 0, retried: 0, stale: 4 },
        });
      },
    );

    it('moves what a dead consumer had not read, and that is not lost', async () => {
      const scene = await open();
      const dying = await scene.join({ tasks: ['a'], ttl: SOON });
      const heir = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 300, { target: dying.id }));
      await scene.bury(dying);
      const moved = await heir.take(300);
      expect(texts(moved).map(Number)).toEqual([...Array(300).keys()]);
      expect(moved.every(({ envelope }) => (envelope.lost ?? 0) === 0)).toBe(true);
    });

    it('moves hundreds of held messages', async () => {
      const scene = await open();
      const dying = await scene.join({ tasks: ['a', 'b'], ttl: 200 });
      const heir = await scene.join({ tasks: ['a', 'b'] });
      await scene.add(...tasks('a', 200));
      await scene.add(...tasks('b', 200));
      await dying.take(400);
      await scene.bury(dying);
      const taken = await heir.take(400);
      const unique = new Set(taken.map(({ envelope }) => envelope.unique));
      expect(unique.size).toBe(400);
      expect(taken.every(({ envelope }) => envelope.lost === 1)).toBe(true);
    });

    it('takes the lost ones from the order of retries: attempts stay', async () => {
      const scene = await open();
      const dying = await scene.join({ tasks: ['a'], ttl: 200 });
      await scene.add(task('a'));
      await dying.retry(await dying.takeOne());
      await dying.take();
      await scene.bury(dying);
      const heir = await scene.join({ tasks: ['a'] });
      expect((await heir.takeOne()).envelope).toMatchObject({ attempts: 1, lost: 1 });
    });

    it('ends in the dead letters at the limit of lost deliveries', async () => {
      const scene = await open();
      await scene.add(task('a', { key: 'k', payload: 'poison' }));
      await scene.add(task('a', { key: 'k', payload: 'next' }));
      let dying = await scene.join({ tasks: ['a'], ttl: SOON });
      for (let lost = 1; lost <= 2; lost++) {
        await dying.take();
        await scene.bury(dying, 2);
        if (lost < 2) dying = await scene.join({ tasks: ['a'], ttl: SOON });
      }
      const [letter] = await scene.backend.deadLetters.list({ count: 1 });
      expect(letter).toMatchObject({ reason: 'lost', consumer: dying.id, envelope: { lost: 2 } });
      expect(texts([letter!])).toEqual(['poison']);
      expect((await scene.stats()).counters).toMatchObject({ lost: 2, dead: 1 });
      const heir = await scene.join({ tasks: ['a'] });
      expect(texts(await heir.take())).toEqual(['next']);
    });

    it('does not count what a leaving consumer gives back', async () => {
      const scene = await open();
      const leaving = await scene.join({ tasks: ['a'] });
      const heir = await scene.join({ tasks: ['a'] });
      await scene.add(task('a'), task('a', { target: leaving.id }));
      const held = await leaving.take(2);
      await leaving.leave();
      for (const delivery of held) expect(await leaving.done(delivery)).toBe('stale');
      const taken = await heir.take(2);
      expect(taken.every(({ envelope }) => (envelope.lost ?? 0) === 0)).toBe(true);
      expect(await scene.stats()).toMatchObject({ deadLetters: 0, counters: { lost: 0 } });
    });

    it('waits for the next consumer where there is none', async () => {
      const scene = await open();
      const dying = await scene.join({ tasks: ['a'], ttl: SOON });
      await scene.add(...tasks('a', 3));
      await dying.take(2);
      await scene.bury(dying);
      expect(await scene.stats()).toMatchObject({ unclaimed: 3 });
      const heir = await scene.join({ tasks: ['a'] });
      expect(texts(await heir.take(3)).toSorted()).toEqual(['0', '1', '2']);
    });

    it('does not touch what the living hold', async () => {
      const scene = await open();
      const dying = await scene.join({ tasks: ['a'], ttl: SOON });
      const living = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 2));
      const held = await living.takeOne();
      await dying.take();
      await scene.bury(dying);
      expect(await scene.backend.queue.reclaim(1)).toBe(0);
      expect((await living.beat([held])).lost).toEqual([]);
      expect(await living.done(held)).toBe('settled');
    });

    it('keeps a delayed retry of the dead', async () => {
      const scene = await open();
      const dying = await scene.join({ tasks: ['a'], ttl: SOON });
      const message = task('a', { key: 'k' });
      await scene.add(message);
      await dying.retry(await dying.takeOne(), 60);
      await scene.bury(dying);
      await scene.promoteAll();
      const heir = await scene.join({ tasks: ['a'] });
      expect(idOf(await heir.takeOne())).toBe(idOf(message));
    });

    it('leaves nothing of a consumer that is gone', async () => {
      const scene = await open();
      const dying = await scene.join({ tasks: ['a'], requests: ['q'], ttl: SOON });
      await scene.add(task('a', { target: dying.id, key: 'k' }), task('a'));
      await dying.take();
      await scene.bury(dying);
      const heir = await scene.join({ tasks: ['a'] });
      for (const delivery of await heir.take(2)) await heir.done(delivery);
      await heir.leave();
      expect(await scene.audit()).toMatchObject({ keyHolders: [], leftovers: [] });
    });

    it('places nothing twice when two evict at once', async () => {
      const scene = await open();
      const dying = await scene.join({ tasks: ['a'], ttl: SOON });
      const heir = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 250, { target: dying.id }));
      await dying.take(100);
      const other = await scene.connect();
      await scene.until(async () => (await heir.beat()).expired.includes(dying.id));
      const options = { leaving: false, lostLimit: LOST_LIMIT };
      const evictions = [scene.backend, other].map(({ queue }) => queue.evict(dying.id, options));
      expect(await Promise.all(evictions)).toEqual(['evicted', 'evicted']);
      const taken = await heir.take(250);
      expect(new Set(taken.map(idOf)).size).toBe(250);
      expect(taken.filter(({ envelope }) => envelope.lost === 1)).toHaveLength(100);
      expect(await heir.poll()).toEqual([]);
    });

    it('ends a delivery once if it is settled while its consumer is evicted', async () => {
      const scene = await open();
      const heir = await scene.join({ tasks: ['a'] });
      for (let round = 0; round < 10; round++) {
        const leaving = await scene.join({ tasks: ['a'] }, await scene.connect());
        await scene.add(...tasks('a', 3, { target: leaving.id }));
        const held = await leaving.take(3);
        const settling = held.map((delivery) => leaving.done(delivery));
        await heir.evict(leaving);
        const settled = (await Promise.all(settling)).filter((each) => each === 'settled');
        const rest = await heir.poll();
        expect(rest.length + settled.length).toBe(3);
        for (const delivery of rest) await heir.done(delivery);
      }
    });

    it('loses nothing while many come and go at once', async () => {
      const scene = await open();
      const group = tasks('a', 100);
      await scene.add(...group);
      const rounds = Array.from({ length: 5 }, async () => {
        const consumer = await scene.join({ tasks: ['a'] }, await scene.connect());
        await consumer.poll('task', 15);
        await consumer.leave();
      });
      await Promise.all(rounds);
      const heir = await scene.join({ tasks: ['a'] });
      const taken = await heir.take(100);
      expect(new Set(taken.map(idOf))).toEqual(new Set(group.map(idOf)));
      expect(await heir.poll()).toEqual([]);
    });
  });
}
