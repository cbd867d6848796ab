import { describe, expect, it } from 'vitest';
import type { Consumer } from './consumer.js';
import { joinCrew } from './crew.js';
import { request, task, tasks } from './messages.js';
import type { OpenScene } from './scene.js';

export function describeRoutingStats(open: OpenScene): void {
  describe('what the inspector tells of a consumer', () => {
    it('is what waits in its lanes and what it holds, of all groups and kinds', async () => {
      const scene = await open();
      const options = { tasks: ['a'], own: ['b'], requests: ['q'] };
      const [consumer] = (await joinCrew(scene, 'round_robin', [1], options)) as [Consumer];
      await scene.add(...tasks('a', 3), ...tasks('b', 2), request('q'));
      expect(await scene.info(consumer)).toMatchObject({ waiting: 6, inFlight: 0 });
      await consumer.take(5);
      await consumer.take(1, 'request');
      expect(await scene.info(consumer)).toMatchObject({ waiting: 0, inFlight: 6 });
    });

    it('counts what it holds from the streams of names, too', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a'), task('a', { target: consumer.id }));
      await consumer.take(2);
      expect(await scene.info(consumer)).toMatchObject({ waiting: 0, inFlight: 2 });
    });

    it('counts what it has done and what has failed since it joined', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'], requests: ['q'] });
      await scene.add(...tasks('a', 10), request('q'), request('q'));
      const held = await consumer.take(10);
      const next = () => held.pop()!;
      await consumer.done(next());
      await consumer.retry(next(), 600_000, true);
      await consumer.retry(next(), 600_000, false);
      for (const reason of ['failed', 'unrecoverable', 'undecodable'] as const) {
        await consumer.dead(next(), 'it failed', reason);
      }
      const twice = next();
      await consumer.done(twice);
      await consumer.done(twice);
      await consumer.retry(twice);
      await consumer.release(next());
      await consumer.forward(next(), 'ghost');
      const [answered, late] = await consumer.take(2, 'request');
      await consumer.done(answered!);
      await consumer.settle(late!, { type: 'expired' });
      const counts = { processed: 3, failed: 3, inFlight: 1 };
      expect(await scene.info(consumer)).toMatchObject(counts);
      await consumer.join();
      expect(await scene.info(consumer)).toMatchObject(counts);
    });

    it('says whether it gets work, and when it was last seen', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'], ttl: 400 });
      const joined = await scene.info(consumer);
      expect(joined).toMatchObject({ active: true, weight: 1, lastSeen: joined.joinedAt });
      await scene.passTime(20);
      const { now } = await consumer.beat();
      await scene.backend.queue.setWeight(consumer.id, 0);
      expect(await scene.info(consumer)).toMatchObject({
        active: false,
        weight: 0,
        joinedAt: joined.joinedAt,
        lastSeen: now,
      });
      await scene.backend.queue.setWeight(consumer.id, 2);
      expect(await scene.info(consumer)).toMatchObject({ active: true, weight: 2 });
      await scene.until(async () => !(await scene.info(consumer)).active);
      expect(await scene.info(consumer)).toMatchObject({ weight: 2, lastSeen: now });
      await consumer.beat();
      expect((await scene.info(consumer)).active).toBe(true);
    });

    it('knows each name exactly, wherever its messages lie', async () => {
      const scene = await open();
      const [one, two] = (await joinCrew(scene, 'round_robin', [1, 1])) as [Consumer, Consumer];
      await scene.add(...tasks('a', 6));
      await one.pollLanes('task', 2);
      expect(await scene.name('a')).toMatchObject({ waiting: 4, running: 2, consumers: 2 });
      for (const { id } of [one, two]) await scene.backend.queue.setWeight(id, 0);
      await scene.add(...tasks('a', 3));
      expect(await scene.name('a')).toMatchObject({ waiting: 7, running: 2 });
      await two.poll();
      expect(await scene.name('a')).toMatchObject({ waiting: 1, running: 8 });
      expect((await scene.stats()).unclaimed).toBe(0);
    });
  });
}
