import { describe, expect, it } from 'vitest';
import { Edf } from '../../lib/balancer/index.js';
import type { Consumer } from './consumer.js';
import { byId, joinCrew, placeEach, turnsOf, weighed, workOff } from './crew.js';
import { tasks } from './messages.js';
import { type OpenScene, type Scene, texts } from './scene.js';

/** Adds so many tasks in groups of all sizes. */
async function addMixed(scene: Scene, count: number, name = 'a'): Promise<void> {
  for (let size = 1, left = count; left > 0; size = (size % 7) + 1) {
    await scene.add(...tasks(name, Math.min(size, left)));
    left -= Math.min(size, left);
  }
}

export function describeRoutingTurns(open: OpenScene): void {
  describe('routing in turns', () => {
    it('round_robin: everybody in turn, whatever the weights, the smallest id first', async () => {
      const scene = await open();
      const crew = byId(await joinCrew(scene, 'round_robin', [3, 1, 2]));
      const ids = crew.map(({ id }) => id);
      const names = Array<string>(7).fill('a');
      expect(await placeEach(scene, names, crew)).toEqual([...ids, ...ids, ids[0]]);
      await addMixed(scene, 23);
      expect(await scene.loads('a', ...crew)).toEqual([10, 10, 10]);
    });

    it('round_robin: each gets its messages in their order, and only its own', async () => {
      const scene = await open();
      const crew = byId(await joinCrew(scene, 'round_robin', [1, 1]));
      await scene.add(...tasks('a', 3));
      await scene.add(...tasks('a', 3));
      const [first, second] = crew;
      expect(texts(await first!.take(3))).toEqual(['0', '2', '1']);
      expect(texts(await second!.take(3))).toEqual(['1', '0', '2']);
      for (const consumer of crew) expect(await consumer.poll()).toEqual([]);
    });

    it.each([[[1, 2, 3]], [[7, 11, 13]], [[16, 1]], [[5, 5, 1, 9]], [[17, 3]], [[4]]])(
      'weighted: every full cycle gives each exactly its weight: %j',
      async (weights) => {
        const scene = await open();
        const crew = await joinCrew(scene, 'weighted', weights);
        const cycle = weights.reduce((sum, weight) => sum + weight, 0);
        for (let cycles = 1; cycles <= 4; cycles++) {
          await addMixed(scene, cycle);
          const expected = weights.map((weight) => weight * cycles);
          expect(await scene.loads('a', ...crew)).toEqual(expected);
        }
      },
    );

    it('weighted: the turns are spread: earliest deadline first', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'weighted', [5, 1, 2]);
      const turns = await placeEach(scene, Array<string>(16).fill('a'), crew);
      expect(turns).toEqual(turnsOf(weighed(crew, 5, 1, 2), 16));
    });

    it('is exact when several clients send at once', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'weighted', [1, 2, 3]);
      const clients = [scene.backend, await scene.connect(), await scene.connect()];
      const sending = [1, 2, 3, 4, 5, 1, 2, 3, 3].map(async (size, i) => {
        await clients[i % 3]!.queue.add(tasks('a', size), 5_000);
      });
      await Promise.all(sending);
      expect(await scene.loads('a', ...crew)).toEqual([4, 8, 12]);
    });

    it('has one cycle for all names of the group', async () => {
      const scene = await open();
      const options = { tasks: ['a', 'b', 'c'] };
      const crew = await joinCrew(scene, 'weighted', [1, 4], options);
      for (const name of ['a', 'b', 'c', 'a', 'c']) await scene.add(...tasks(name, 3));
      expect(await scene.loads('b', ...crew)).toEqual([3, 12]);
    });

    it('has a cycle for each group: bounds of their own, and requests', async () => {
      const scene = await open();
      const options = { tasks: ['a'], own: ['b'], groups: { 't:heavy': ['c'] } };
      const crew = byId(await joinCrew(scene, 'round_robin', [1, 1], options));
      for (const name of ['a', 'b', 'c']) {
        const places = await placeEach(scene, [name, name, name], crew);
        expect(places).toEqual([crew[0]!.id, crew[1]!.id, crew[0]!.id]);
      }
      expect(await crew[0]!.pollLanes()).toHaveLength(6);
    });

    it('passes over those that do not handle the name: the earliest deadline of the others', async () => {
      const scene = await open();
      const both = { tasks: ['a', 'b'] };
      const crew = [
        ...(await joinCrew(scene, 'weighted', [2, 1], both)),
        ...(await joinCrew(scene, 'weighted', [3])),
      ];
      const edf = new Edf();
      edf.reset(weighed(crew, 2, 1, 3));
      const partial = (id: string): boolean => id !== crew[2]!.id;
      const names = 'bbbabababbaaaaaab'.split('');
      const expected = names.map((name) => edf.pick(name === 'a' ? undefined : partial));
      expect(await placeEach(scene, names, crew)).toEqual(expected);
    });

    it('is exact for a name that only some handle', async () => {
      const scene = await open();
      const crew = [
        ...(await joinCrew(scene, 'weighted', [2, 5], { tasks: ['a', 'b'] })),
        ...(await joinCrew(scene, 'weighted', [3])),
      ];
      await addMixed(scene, 21, 'b');
      expect(await scene.loads('a', ...crew)).toEqual([6, 15, 0]);
    });

    it('takes a turn for every placement: retry, release, promotion, freed key, replay', async () => {
      const scene = await open();
      const crew = byId(await joinCrew(scene, 'round_robin', [1, 1]));
      const [first, second] = crew as [Consumer, Consumer];
      const { queue, deadLetters } = scene.backend;
      await scene.add(...tasks('a', 2, { key: 'k' }));
      await first.retry((await first.pollLanes())[0]!);
      await second.release((await second.pollLanes())[0]!);
      await first.retry((await first.pollLanes())[0]!, 20);
      await scene.until(async () => (await queue.promote()).nextDue === undefined);
      await second.dead((await second.pollLanes())[0]!);
      await first.done((await first.pollLanes())[0]!);
      const [letter] = await deadLetters.list({ count: 1 });
      await deadLetters.replay([letter!.entry]);
      expect(await second.pollLanes()).toHaveLength(1);
    });
  });

  describeChanges(open);
}

function describeChanges(open: OpenScene): void {
  describe('routing in turns: a new cycle begins', () => {
    /** A crew of three in the middle of a cycle. */
    async function begin(scene: Scene): Promise<Consumer[]> {
      const crew = await joinCrew(scene, 'weighted', [1, 2, 4]);
      await scene.add(...tasks('a', 5));
      await workOff(crew);
      return crew;
    }
    const names = Array<string>(14).fill('a');

    it('when somebody joins', async () => {
      const scene = await open();
      const crew = await begin(scene);
      crew.push(await scene.join({ tasks: ['a'], rule: 'weighted', weight: 3 }));
      const turns = turnsOf(weighed(crew, 1, 2, 4, 3), names.length);
      expect(await placeEach(scene, names, crew)).toEqual(turns);
    });

    it('when somebody leaves', async () => {
      const scene = await open();
      const crew = await begin(scene);
      await crew.pop()!.leave();
      const turns = turnsOf(weighed(crew, 1, 2), names.length);
      expect(await placeEach(scene, names, crew)).toEqual(turns);
    });

    it('when somebody is evicted', async () => {
      const scene = await open();
      const crew = await begin(scene);
      const dying = await scene.join({ tasks: ['a'], rule: 'weighted', ttl: 60 });
      await scene.add(...tasks('a', 3));
      await workOff([...crew, dying]);
      await scene.bury(dying);
      const turns = turnsOf(weighed(crew, 1, 2, 4), names.length);
      expect(await placeEach(scene, names, crew)).toEqual(turns);
    });

    it('when a weight changes', async () => {
      const scene = await open();
      const crew = await begin(scene);
      await scene.backend.queue.setWeight(crew[0]!.id, 9);
      const turns = turnsOf(weighed(crew, 9, 2, 4), names.length);
      expect(await placeEach(scene, names, crew)).toEqual(turns);
    });

    it('when somebody is drained, who gets nothing more, and when it is back', async () => {
      const scene = await open();
      const [drained, ...others] = (await begin(scene)) as [Consumer, ...Consumer[]];
      const { queue } = scene.backend;
      await queue.setWeight(drained.id, 0);
      const without = turnsOf(weighed(others, 2, 4), 5);
      expect(await placeEach(scene, names.slice(0, 5), others)).toEqual(without);
      expect(await drained.pollLanes()).toEqual([]);
      await queue.setWeight(drained.id, 2);
      const all = [drained, ...others];
      expect(await placeEach(scene, names, all)).toEqual(turnsOf(weighed(all, 2, 2, 4), 14));
    });

    it('with what a leaving member had not read: the others get it in turn', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'weighted', [1, 3, 4]);
      await scene.add(...tasks('a', 8));
      await crew.pop()!.leave();
      expect(await scene.loads('a', ...crew)).toEqual([2, 6]);
      expect((await scene.stats()).unclaimed).toBe(0);
    });
  });
}
