import { describe, expect, it } from 'vitest';
import type { Consumer } from './consumer.js';
import { byId, joinCrew, placeEach, workOff } from './crew.js';
import { task, tasks } from './messages.js';
import { Random } from './model/random.js';
import type { OpenScene } from './scene.js';

const names = (count: number): string[] => Array<string>(count).fill('a');

export function describeRoutingLoad(open: OpenScene): void {
  describe('routing by load (least_conn)', () => {
    it('takes the one with the least in its lane, by weight', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'least_conn', [1, 2, 4]);
      await scene.add(...tasks('a', 7));
      expect(await scene.loads('a', ...crew)).toEqual([1, 2, 4]);
      for (const size of [1, 4, 2, 7]) await scene.add(...tasks('a', size));
      expect(await scene.loads('a', ...crew)).toEqual([3, 6, 12]);
    });

    it('of equals takes the one that was picked longest ago', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'least_conn', [1, 1, 1]);
      const places: (string | undefined)[] = [];
      for (let i = 0; i < 9; i++) {
        places.push(...(await placeEach(scene, ['a'], crew)));
        await workOff(crew);
      }
      const round = places.slice(0, 3);
      expect(new Set(round).size).toBe(3);
      expect(places).toEqual([...round, ...round, ...round]);
    });

    it('counts what is held, until it is settled', async () => {
      const scene = await open();
      const [one, two] = (await joinCrew(scene, 'least_conn', [1, 1])) as [Consumer, Consumer];
      await scene.add(...tasks('a', 6));
      const held = await one.pollLanes();
      expect(await scene.loads('a', one, two)).toEqual([3, 3]);
      for (const delivery of await two.pollLanes()) await two.done(delivery);
      expect(await placeEach(scene, names(3), [one, two])).toEqual([two.id, two.id, two.id]);
      for (const delivery of held) await one.done(delivery);
      expect(await placeEach(scene, names(3), [one, two])).toEqual([one.id, one.id, one.id]);
    });

    it('does not count what is parked, dead, cancelled or expired', async () => {
      const scene = await open();
      const requests = { tasks: ['a'] };
      const [one, two] = (await joinCrew(scene, 'least_conn', [1, 1], requests)) as [
        Consumer,
        Consumer,
      ];
      await scene.add(...tasks('a', 8));
      const [retried, dead, expired, ...rest] = await one.pollLanes();
      await one.retry(retried!, 600_000);
      await one.dead(dead!);
      await one.settle(expired!, { type: 'expired' });
      expect(await scene.loads('a', one, two)).toEqual([1, 4]);
      expect(await placeEach(scene, names(3), [one, two])).toEqual([one.id, one.id, one.id]);
      expect(rest).toHaveLength(1);
    });

    it('does not count what was taken from the stream of a name', async () => {
      const scene = await open();
      await scene.add(...tasks('a', 5));
      const [one, two] = (await joinCrew(scene, 'least_conn', [1, 1])) as [Consumer, Consumer];
      expect(await one.poll()).toHaveLength(5);
      expect(await scene.loads('a', one, two)).toEqual([0, 0]);
    });

    it('counts by group', async () => {
      const scene = await open();
      const options = { tasks: ['a'], own: ['b'] };
      const crew = await joinCrew(scene, 'least_conn', [1, 1], options);
      const [one, two] = crew as [Consumer, Consumer];
      await scene.add(...tasks('b', 5, { target: one.id }));
      expect(await scene.loads('b', one, two)).toEqual([5, 0]);
      expect(await scene.loads('a', one, two)).toEqual([0, 0]);
    });

    it('places what a leaving member had where there is the least', async () => {
      const scene = await open();
      const [gone, one, two] = (await joinCrew(scene, 'least_conn', [1, 1, 1])) as [
        Consumer,
        Consumer,
        Consumer,
      ];
      await scene.add(...tasks('a', 4, { target: one.id }));
      await scene.add(...tasks('a', 6, { target: gone.id }));
      await gone.leave();
      expect(await scene.loads('a', one, two)).toEqual([5, 5]);
    });

    it('never picks a busier one, whatever happens', async () => {
      const scene = await open();
      const random = new Random(7);
      const weights = [1, 2, 3];
      const crew = byId(await joinCrew(scene, 'least_conn', weights));
      for (let i = 0; i < 60; i++) {
        const { consumers } = await scene.routes('a');
        const relative = new Map(consumers.map(({ id, load, weight }) => [id, load / weight]));
        const [picked] = await placeEach(scene, ['a'], crew);
        expect(relative.get(picked ?? '')).toBe(Math.min(...relative.values()));
        if (random.chance(0.5)) continue;
        const consumer = random.pick(crew);
        for (const delivery of await consumer.pollLanes('task', 1 + random.below(3))) {
          if (random.chance(0.7)) await consumer.done(delivery);
          else if (random.chance(0.5)) await consumer.release(delivery);
        }
      }
    });

    it('passes over those that do not handle the name, and the drained', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'least_conn', [1, 1], { tasks: ['a', 'b'] });
      const [one, two] = crew as [Consumer, Consumer];
      await joinCrew(scene, 'least_conn', [1]);
      await scene.add(...tasks('b', 4));
      expect(await scene.loads('a', one, two)).toEqual([2, 2]);
      await scene.backend.queue.setWeight(one.id, 0);
      await scene.add(task('b'), task('b'));
      expect(await scene.loads('a', one, two)).toEqual([undefined, 4]);
      expect(await one.pollLanes()).toHaveLength(2);
    });
  });
}
