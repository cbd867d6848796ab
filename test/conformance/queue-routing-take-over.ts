import { describe, expect, it } from 'vitest';
import type { TakeOver } from '../../lib/backend/index.js';
import { hash32, ownerOf } from '../../lib/balancer/index.js';
import { type Consumer, type ConsumerOptions } from './consumer.js';
import { joinCrew, placeEach, weighed } from './crew.js';
import { task, tasks } from './messages.js';
import { type OpenScene, type Scene, texts } from './scene.js';

const GROUP = 't:default';
const SHARE: TakeOver = { share: true };
/** The rule that lets a test fill lanes as it likes. */
const LOCAL = 'custom:mine@local';

const overdue = (olderThan: number, count: number): TakeOver => ({
  share: false,
  olderThan,
  count,
});

/** A crew under a local rule, each with so many unread messages, which are numbered through. */
async function openFilled(
  scene: Scene,
  weights: readonly number[],
  counts: readonly number[],
  options?: ConsumerOptions,
): Promise<Consumer[]> {
  const crew = await joinCrew(scene, LOCAL, weights, options);
  let number = 0;
  for (const [i, count] of counts.entries()) await put(scene, crew[i]!, count, (number += count));
  return crew;
}

/** So many messages to one lane; the numbers of their payloads end below `end`. */
async function put(scene: Scene, to: Consumer, count: number, end = count): Promise<void> {
  const proposal = { consumer: to.id, epoch: 0 };
  for (let i = end - count; i < end; i++) {
    await scene.add(task('a', { payload: String(i), proposal }));
  }
}

const take = async (scene: Scene, { id }: Consumer, from: TakeOver = SHARE, group = GROUP) =>
  await scene.backend.queue.takeOver(id, group, from);

export function describeTakeOverShare(open: OpenScene): void {
  describe('taking over a share', () => {
    it('is done by weight: the newest, in their order', async () => {
      const scene = await open();
      const crew = await openFilled(scene, [1, 3], [8, 0]);
      expect(await take(scene, crew[1]!)).toBe(6);
      expect(texts(await crew[0]!.pollLanes())).toEqual(['0', '1']);
      expect(texts(await crew[1]!.pollLanes())).toEqual(['2', '3', '4', '5', '6', '7']);
    });

    it.each(['round_robin', 'weighted', 'least_conn', 'weighted@local'])(
      'is possible where %s is followed',
      async (rule) => {
        const scene = await open();
        const [one] = (await joinCrew(scene, rule, [1])) as [Consumer];
        const proposal = { consumer: one.id, epoch: 0 };
        await scene.add(...tasks('a', 9, { proposal }));
        const [two] = (await joinCrew(scene, rule, [1])) as [Consumer];
        expect(await take(scene, two)).toBe(4);
        expect(await scene.loads('a', one, two)).toEqual([5, 4]);
        expect(await take(scene, two)).toBe(0);
        expect(await take(scene, one)).toBe(0);
      },
    );

    it('takes from those that have more than theirs, the largest excess first', async () => {
      const scene = await open();
      const crew = await openFilled(scene, [1, 1, 1, 1], [7, 12, 1, 0]);
      expect(await take(scene, crew[3]!)).toBe(5);
      expect(await scene.loads('a', ...crew)).toEqual([7, 7, 1, 5]);
      expect(await take(scene, crew[2]!)).toBe(4);
      expect(await scene.loads('a', ...crew)).toEqual([5, 5, 5, 5]);
    });

    it('takes at most 128 at once', async () => {
      const scene = await open();
      const [one] = await joinCrew(scene, 'round_robin', [1]);
      await scene.add(...tasks('a', 400));
      const [two] = await joinCrew(scene, 'round_robin', [1]);
      const moved = [];
      for (let i = 0; i < 3; i++) moved.push(await take(scene, two!));
      expect(moved).toEqual([128, 72, 0]);
      expect(await scene.loads('a', one!, two!)).toEqual([200, 200]);
    });

    it('leaves what is held, and does not count it', async () => {
      const scene = await open();
      const crew = await openFilled(scene, [1, 1], [10, 0]);
      const held = await crew[0]!.pollLanes('task', 6);
      expect(await take(scene, crew[1]!)).toBe(2);
      expect(await scene.loads('a', ...crew)).toEqual([8, 2]);
      for (const delivery of held) expect(await crew[0]!.done(delivery)).toBe('settled');
    });

    it('leaves what the taker does not handle', async () => {
      const scene = await open();
      const [one] = (await joinCrew(scene, 'round_robin', [1], { tasks: ['a', 'b'] })) as [
        Consumer,
      ];
      await scene.add(...tasks('a', 2), ...tasks('b', 6));
      const [two] = (await joinCrew(scene, 'round_robin', [1])) as [Consumer];
      expect(await take(scene, two)).toBe(2);
      const taken = await two.pollLanes();
      expect(taken.map(({ envelope }) => envelope.address)).toEqual(['t:a', 't:a']);
      expect(await one.pollLanes()).toHaveLength(6);
    });

    it('leaves what is pinned to a living target; that of a dead one is moved', async () => {
      const scene = await open();
      const [one, gone] = (await joinCrew(scene, 'round_robin', [1, 1])) as [Consumer, Consumer];
      await scene.add(...tasks('a', 4, { target: one.id }));
      await scene.add(...tasks('a', 4, { target: gone.id }));
      await gone.leave();
      const [two] = (await joinCrew(scene, 'round_robin', [1])) as [Consumer];
      expect(await take(scene, two)).toBe(4);
      const pinned = await one.pollLanes();
      expect(pinned.map(({ envelope }) => envelope.target)).toEqual(Array(4).fill(one.id));
    });

    it('is refused to the drained, the gone and to those of other groups', async () => {
      const scene = await open();
      const crew = await openFilled(scene, [1, 0], [6]);
      const [one, drained] = crew as [Consumer, Consumer];
      const stranger = await scene.join({ service: 'other', tasks: ['z'], rule: LOCAL });
      const heavy = await scene.join({ groups: { 't:heavy': ['c'] }, rule: LOCAL });
      for (const from of [SHARE, overdue(0, 9)]) {
        for (const consumer of [drained, stranger, heavy]) {
          expect(await take(scene, consumer, from)).toBe(0);
        }
        expect(await scene.backend.queue.takeOver('ghost', GROUP, from)).toBe(0);
        expect(await take(scene, one, from, 't:heavy')).toBe(0);
      }
    });

    it('is done in each group apart', async () => {
      const scene = await open();
      const options = { tasks: ['a'], own: ['b'] };
      const [one] = await joinCrew(scene, 'round_robin', [1], options);
      await scene.add(...tasks('a', 4), ...tasks('b', 8));
      const [two] = (await joinCrew(scene, 'round_robin', [1], options)) as [Consumer];
      expect(await take(scene, two, SHARE, 't:default/b')).toBe(4);
      expect(await scene.loads('b', one!, two)).toEqual([4, 4]);
      expect(await scene.loads('a', one!, two)).toEqual([4, 0]);
    });

    it('keeps keys, and what waits behind them', async () => {
      const scene = await open();
      const [one] = (await joinCrew(scene, 'round_robin', [1])) as [Consumer];
      for (const key of ['k', 'l']) await scene.add(...tasks('a', 2, { key }));
      const [two] = (await joinCrew(scene, 'round_robin', [1])) as [Consumer];
      expect(await take(scene, two)).toBe(1);
      const [moved] = await two.pollLanes();
      expect(moved?.envelope.key).toBe('l');
      await two.done(moved!);
      const rest = [...(await one.pollLanes()), ...(await two.pollLanes())];
      expect(new Set(rest.map(({ envelope }) => envelope.key))).toEqual(new Set(['k', 'l']));
      expect(await scene.stats()).toMatchObject({ gated: 1 });
    });

    it('wakes the taker', async () => {
      const scene = await open();
      const crew = await openFilled(scene, [1, 1], [2]);
      const taking = crew[1]!.take();
      await scene.site.calm();
      await take(scene, crew[1]!);
      expect(texts(await taking)).toEqual(['1']);
    });

    it('moves nothing where whoever is free takes the next', async () => {
      const scene = await open();
      const [one, two] = (await joinCrew(scene, 'competing', [1, 1])) as [Consumer, Consumer];
      await scene.add(task('a'), task('a'));
      for (const delivery of await one.poll()) await one.forward(delivery, one);
      expect(await take(scene, two)).toBe(0);
      expect(await scene.loads('a', one, two)).toEqual([2, 0]);
    });

    it.each(['consistent_hash', 'consistent_hash@local'])(
      '%s: takes every message whose owner the taker is now, and no other',
      async (rule) => {
        const scene = await open();
        const crew = await joinCrew(scene, rule, [1, 1]);
        const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`);
        await scene.add(...keys.map((key) => task('a', { key, payload: key })));
        crew.push(...(await joinCrew(scene, rule, [2])));
        const owners = weighed(crew, 1, 1, 2).map((each) => ({ ...each, hash: hash32(each.id) }));
        const keysOf = ({ id }: Consumer) =>
          keys.filter((key) => ownerOf(hash32(key), owners) === id);
        expect(await take(scene, crew[2]!)).toBe(keysOf(crew[2]!).length);
        for (const consumer of crew) {
          const held = texts(await consumer.pollLanes());
          expect(held.toSorted()).toEqual(keysOf(consumer).toSorted());
        }
      },
    );
  });
}

export function describeTakeOverOverdue(open: OpenScene): void {
  describe('taking over what has waited too long', () => {
    it('takes the oldest of the longest lane, in their order, and no more than it was told', async () => {
      const scene = await open();
      const crew = await openFilled(scene, [1, 1, 1], [3, 5]);
      await scene.passTime(50);
      expect(await take(scene, crew[2]!, overdue(20, 2))).toBe(2);
      expect(texts(await crew[2]!.pollLanes())).toEqual(['3', '4']);
      expect(await scene.loads('a', ...crew)).toEqual([3, 3, 2]);
    });

    it('goes on with the next lane', async () => {
      const scene = await open();
      const crew = await openFilled(scene, [1, 1, 1], [2, 3]);
      await scene.passTime(50);
      expect(await take(scene, crew[2]!, overdue(20, 4))).toBe(4);
      expect(await scene.loads('a', ...crew)).toEqual([1, 0, 4]);
      expect(texts(await crew[0]!.pollLanes())).toEqual(['1']);
    });

    it('leaves what is younger: time counts from when it came to that lane', async () => {
      const scene = await open();
      const crew = await openFilled(scene, [1, 1, 1], [2]);
      const [one, two, three] = crew as [Consumer, Consumer, Consumer];
      expect(await take(scene, three, overdue(500, 9))).toBe(0);
      await scene.passTime(600);
      await put(scene, one, 1);
      expect(await take(scene, three, overdue(500, 9))).toBe(2);
      expect(await take(scene, two, overdue(500, 9))).toBe(0);
      expect(await scene.loads('a', one, two, three)).toEqual([1, 0, 2]);
    });

    it('leaves what is held, pinned or not handled', async () => {
      const scene = await open();
      const [one] = (await joinCrew(scene, LOCAL, [1], { tasks: ['a', 'b'] })) as [Consumer];
      const [two] = (await joinCrew(scene, LOCAL, [1])) as [Consumer];
      const proposal = { consumer: one.id, epoch: 0 };
      await put(scene, one, 2);
      await one.pollLanes('task', 1);
      await scene.add(task('b', { proposal }), task('a', { target: one.id }));
      await scene.passTime(50);
      expect(await take(scene, two, overdue(20, 9))).toBe(1);
      expect(await scene.loads('a', one, two)).toEqual([3, 1]);
    });

    it.each(['competing', 'consistent_hash', 'round_robin'])(
      'is possible where %s is followed',
      async (rule) => {
        const scene = await open();
        const [one, two] = (await joinCrew(scene, rule, [1, 1])) as [Consumer, Consumer];
        await scene.add(task('a', { target: one.id }));
        const other = await scene.join({ tasks: ['a'], rule });
        await scene.add(...tasks('a', 3, { target: other.id }));
        for (const delivery of await other.pollLanes()) await other.forward(delivery, one);
        await other.leave();
        await scene.passTime(50);
        expect(await take(scene, two, overdue(20, 9))).toBe(3);
        expect(await scene.loads('a', one, two)).toEqual([1, 3]);
      },
    );

    it('moves a message once when two take at once', async () => {
      const scene = await open();
      const crew = await openFilled(scene, [1, 1, 1], [9]);
      await scene.passTime(50);
      const other = await scene.connect();
      const counts = await Promise.all([
        take(scene, crew[1]!, overdue(20, 9)),
        other.queue.takeOver(crew[2]!.id, GROUP, SHARE),
      ]);
      const found = [];
      for (const consumer of crew) found.push(...texts(await consumer.pollLanes()));
      expect(found.toSorted()).toEqual([...Array(9).keys()].map(String));
      expect(counts[0] + counts[1]).toBeGreaterThan(0);
    });

    it('changes loads: the next message goes where there is less now', async () => {
      const scene = await open();
      const [one] = (await joinCrew(scene, 'least_conn', [1])) as [Consumer];
      await scene.add(...tasks('a', 4));
      const [two] = (await joinCrew(scene, 'least_conn', [1])) as [Consumer];
      await scene.passTime(50);
      expect(await take(scene, two, overdue(20, 3))).toBe(3);
      expect(await placeEach(scene, ['a', 'a'], [one, two])).toEqual([one.id, one.id]);
    });
  });
}
