import { describe, expect, it } from 'vitest';
import { task, tasks } from './messages.js';
import { LOST_LIMIT } from './consumer.js';
import type { OpenScene } from './scene.js';

export function describeMembers(open: OpenScene): void {
  describe('members', () => {
    it('live by their beats', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'], ttl: 300 });
      const observer = await scene.join({ tasks: ['a'] });
      expect((await observer.beat()).expired).toEqual([]);
      await scene.until(async () => (await observer.beat()).expired.includes(consumer.id));
      expect((await consumer.beat()).status).toBe('alive');
      expect((await observer.beat()).expired).toEqual([]);
    });

    it('are evicted when their time is over, not before', async () => {
      const scene = await open();
      const dying = await scene.join({ tasks: ['a'], ttl: 40 });
      const living = await scene.join({ tasks: ['a'] });
      const { queue } = scene.backend;
      const options = { leaving: false, lostLimit: LOST_LIMIT };
      expect(await queue.evict(living.id, options)).toBe('alive');
      await scene.bury(dying);
      expect((await dying.beat()).status).toBe('evicted');
      expect((await living.beat()).status).toBe('alive');
      expect((await scene.stats()).consumers.map(({ id }) => id)).toEqual([living.id]);
    });

    it('may leave at any time', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await consumer.leave();
      expect((await consumer.beat()).status).toBe('evicted');
      expect((await scene.stats()).consumers).toEqual([]);
    });

    it('are evicted once: another time changes nothing', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a'));
      await consumer.take();
      await consumer.leave();
      const { queue } = scene.backend;
      for (const leaving of [true, false]) {
        expect(await queue.evict(consumer.id, { leaving, lostLimit: 1 })).toBe('evicted');
      }
      expect(await queue.evict('nobody', { leaving: false, lostLimit: 1 })).toBe('evicted');
      expect(await scene.stats()).toMatchObject({ unclaimed: 1, deadLetters: 0 });
    });

    it('may join twice and keep what they hold', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { target: consumer.id }), task('a'));
      const held = await consumer.take(2);
      const beat = await consumer.join();
      expect(beat).toMatchObject({ status: 'alive', lost: [] });
      expect((await scene.stats()).consumers).toHaveLength(1);
      for (const delivery of held) expect(await consumer.done(delivery)).toBe('settled');
    });

    it('learn which of their leases are lost', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 3));
      const held = await consumer.take(3);
      expect((await consumer.beat(held)).lost).toEqual([]);
      await consumer.release(held[1]!);
      expect((await consumer.beat(held)).lost).toEqual([held[1]?.lease]);
    });

    it('have one leader among them, and another one when it goes', async () => {
      const scene = await open();
      const consumers = [
        await scene.join({ tasks: ['a'] }),
        await scene.join({ tasks: ['a'] }),
        await scene.join({ service: 'other', tasks: ['b'] }),
      ];
      const leaders = async () => {
        const beats = [];
        for (const consumer of consumers) beats.push({ consumer, ...(await consumer.beat()) });
        return beats.filter(({ leader }) => leader).map(({ consumer }) => consumer);
      };
      const [leader, ...others] = await leaders();
      expect(others).toEqual([]);
      await leader?.leave();
      consumers.splice(consumers.indexOf(leader!), 1);
      const [next, ...more] = await leaders();
      expect(more).toEqual([]);
      expect(consumers).toContain(next);
    });

    it('are announced on the control channel as they come and go', async () => {
      const scene = await open();
      const control = await scene.control();
      const consumer = await scene.join({ tasks: ['a'] });
      await consumer.leave();
      const [joined, left] = [await control.next(), await control.next()];
      expect([joined.type, left.type]).toEqual(['members', 'members']);
      expect((left as { epoch: number }).epoch).toBeGreaterThan(
        (joined as { epoch: number }).epoch,
      );
    });

    it('all see one clock', async () => {
      const scene = await open();
      const first = await scene.join({ tasks: ['a'] });
      const second = await scene.join({ tasks: ['a'] }, await scene.connect());
      const times = [(await first.beat()).now, (await second.beat()).now];
      times.push((await scene.backend.queue.promote()).now, (await first.beat()).now);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      await scene.passTime(25);
      expect((await second.beat()).now).toBeGreaterThanOrEqual(times[0]! + 25);
    });
  });
}
