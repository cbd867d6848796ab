import { describe, expect, it } from 'vitest';
import { joinCrew } from './crew.js';
import { task, tasks } from './messages.js';
import type { Consumer } from './consumer.js';
import { type OpenScene, type Scene, texts } from './scene.js';

/** What lies in the lanes of each. */
async function lanes(scene: Scene, ...crew: readonly Consumer[]): Promise<(number | undefined)[]> {
  const { consumers } = await scene.backend.inspector.stats();
  return crew.map(({ id }) => consumers.find((consumer) => consumer.id === id)?.waiting);
}

export function describePauseMember(open: OpenScene): void {
  describe('a paused member', () => {
    it('learns it from its beat, and has its weight again afterwards', async () => {
      const scene = await open();
      const { queue } = scene.backend;
      const [one, two] = await joinCrew(scene, 'weighted', [3, 1]);
      expect((await one!.beat()).memberPaused).toBe(false);
      expect(await queue.pauseMember(one!.id, true)).toBe(true);
      expect(await queue.pauseMember(one!.id, true)).toBe(true);
      expect(await one!.beat()).toMatchObject({ weight: 3, memberPaused: true });
      expect((await two!.beat()).memberPaused).toBe(false);
      expect(await queue.pauseMember(one!.id, false)).toBe(true);
      expect(await queue.pauseMember(one!.id, false)).toBe(true);
      expect(await one!.beat()).toMatchObject({ weight: 3, memberPaused: false });
    });

    it('gets nothing, and its share again from the next message on', async () => {
      const scene = await open();
      const { queue } = scene.backend;
      const [one, two] = await joinCrew(scene, 'weighted', [3, 1]);
      await queue.pauseMember(one!.id, true);
      const ids = (await scene.routes('a')).consumers.map(({ id }) => id);
      expect(ids).toEqual([two!.id]);
      await scene.add(...tasks('a', 2), task('a', { target: one!.id }));
      expect(await lanes(scene, one!, two!)).toEqual([0, 3]);
      await queue.pauseMember(one!.id, false);
      await scene.add(...tasks('a', 4));
      expect(await lanes(scene, one!, two!)).toEqual([3, 4]);
    });

    it('can release what lies in its lanes to others', async () => {
      const scene = await open();
      const [one, two] = await joinCrew(scene, 'round_robin', [1, 1]);
      await scene.add(...tasks('a', 4));
      await scene.backend.queue.pauseMember(one!.id, true);
      for (const delivery of await one!.pollLanes()) await one!.release(delivery);
      expect(await lanes(scene, one!, two!)).toEqual([0, 4]);
      expect(texts(await two!.pollLanes()).toSorted()).toEqual(['0', '1', '2', '3']);
    });

    it('is seen: paused, not active, with the weight it has afterwards', async () => {
      const scene = await open();
      const { queue, inspector } = scene.backend;
      const one = await scene.join({ tasks: ['a'], weight: 2 });
      const look = async () => (await inspector.stats()).consumers[0];
      expect(await look()).toMatchObject({ weight: 2, paused: false, active: true });
      await queue.pauseMember(one.id, true);
      expect(await look()).toMatchObject({ weight: 2, paused: true, active: false });
      await queue.setWeight(one.id, 5);
      expect(await look()).toMatchObject({ weight: 5, paused: true, active: false });
      expect((await one.beat()).weight).toBe(5);
      await queue.pauseMember(one.id, false);
      expect(await look()).toMatchObject({ weight: 5, paused: false, active: true });
    });

    it('is announced by the weight that counts, when it changes', async () => {
      const scene = await open();
      const { queue } = scene.backend;
      const control = await scene.control();
      const one = await scene.join({ tasks: ['a'], weight: 3 });
      await queue.pauseMember(one.id, true);
      await queue.pauseMember(one.id, true);
      await queue.setWeight(one.id, 4);
      await queue.pauseMember(one.id, false);
      const says = { type: 'members', consumer: one.id };
      expect(await control.count(3)).toMatchObject([
        { ...says, change: 'joined', weight: 3 },
        { ...says, change: 'weight', weight: 0 },
        { ...says, change: 'weight', weight: 4 },
      ]);
    });

    it('stays so when it joins again, and when it joins so; it ends with its membership', async () => {
      const scene = await open();
      const { queue } = scene.backend;
      const one = await scene.join({ tasks: ['a'], weight: 3 });
      await queue.pauseMember(one.id, true);
      expect(await one.join()).toMatchObject({ weight: 3, memberPaused: true });
      await one.leave();
      expect(await queue.pauseMember(one.id, false)).toBe(false);
      const next = scene.consumer({ tasks: ['a'], weight: 3, paused: true, rule: 'round_robin' });
      expect(await next.join()).toMatchObject({ weight: 3, memberPaused: true });
      await scene.add(task('a'));
      expect(await lanes(scene, next)).toEqual([0]);
      await queue.pauseMember(next.id, false);
      expect(await next.beat()).toMatchObject({ weight: 3, memberPaused: false });
      await scene.add(task('a'));
      expect(await lanes(scene, next)).toEqual([1]);
      const fresh = scene.consumer({ tasks: ['a'], rule: 'round_robin' });
      expect((await fresh.join()).memberPaused).toBe(false);
    });

    it('keeps what it holds', async () => {
      const scene = await open();
      const one = await scene.join({ tasks: ['a'] });
      await scene.add(task('a'));
      const held = await one.takeOne();
      await scene.backend.queue.pauseMember(one.id, true);
      expect((await one.beat([held])).lost).toEqual([]);
      expect(await one.done(held)).toBe('settled');
    });
  });
}
