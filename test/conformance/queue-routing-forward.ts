import { describe, expect, it } from 'vitest';
import type { Consumer } from './consumer.js';
import { joinCrew } from './crew.js';
import { request, task } from './messages.js';
import { type OpenScene, type Scene, texts } from './scene.js';

const openPair = async (scene: Scene, rule = 'competing') =>
  (await joinCrew(scene, rule, [1, 1], { tasks: ['a'], requests: ['q'] })) as [Consumer, Consumer];

export function describeRoutingForward(open: OpenScene): void {
  describe('forward', () => {
    it.each(['competing', 'round_robin', 'consistent_hash', 'custom:mine@local'])(
      'puts a message into the lane of another one, whatever %s says',
      async (rule) => {
        const scene = await open();
        const [one, two] = await openPair(scene, rule);
        await scene.add(task('a', { target: one.id, payload: 'p', headers: { h: '1' } }));
        const held = await one.takeOne();
        expect(await one.forward(held, two)).toBe('settled');
        const again = await two.takeOne();
        expect(again).toMatchObject({ routed: true, envelope: { forwarded: true } });
        expect(again.envelope).toEqual({ ...held.envelope, forwarded: true });
        expect(texts([again])).toEqual(['p']);
      },
    );

    it('is for requests, too', async () => {
      const scene = await open();
      const [one, two] = await openPair(scene);
      await scene.add(request('q', { target: one.id, payload: 'asked' }));
      await one.forward(await one.takeOne('request'), two);
      expect(texts(await two.pollLanes('request'))).toEqual(['asked']);
    });

    it('costs no attempt and is counted nowhere', async () => {
      const scene = await open();
      const [one, two] = await openPair(scene);
      await scene.add(task('a'));
      const { counters } = await scene.stats();
      await one.forward(await one.takeOne(), two);
      expect((await scene.stats()).counters).toEqual(counters);
      expect(await scene.info(one)).toMatchObject({ processed: 0, failed: 0, inFlight: 0 });
      expect((await two.takeOne()).envelope.attempts ?? 0).toBe(0);
    });

    it('keeps its key', async () => {
      const scene = await open();
      const [one, two] = await openPair(scene);
      await scene.add(task('a', { key: 'k', payload: '1' }), task('a', { key: 'k', payload: '2' }));
      await one.forward(await one.takeOne(), two);
      expect(await one.poll()).toEqual([]);
      const first = await two.takeOne();
      expect(texts([first])).toEqual(['1']);
      await two.done(first);
      expect(texts(await one.take())).toEqual(['2']);
    });

    it('frees the one that had it and loads the other', async () => {
      const scene = await open();
      const [one, two] = await openPair(scene, 'least_conn');
      await scene.add(task('a', { target: one.id }), task('a', { target: one.id }));
      const [first] = await one.pollLanes();
      await one.forward(first!, two);
      expect(await scene.loads('a', one, two)).toEqual([1, 1]);
    });

    it('is for the holder only', async () => {
      const scene = await open();
      const [one, two] = await openPair(scene);
      await scene.add(task('a'));
      const held = await one.takeOne();
      await one.done(held);
      expect(await one.forward(held, two)).toBe('stale');
      expect(await two.poll()).toEqual([]);
      expect((await scene.stats()).counters).toMatchObject({ stale: 1, done: 1 });
    });

    it.each(['is gone', 'is drained', 'does not handle the name'])(
      'is a release if the other one %s',
      async (what) => {
        const scene = await open();
        const [one, two] = await openPair(scene);
        const other = await scene.join({ tasks: ['b'] });
        const targets: Record<string, string> = {
          'is gone': 'ghost',
          'is drained': two.id,
          'does not handle the name': other.id,
        };
        await scene.add(task('a', { target: one.id }), task('a'));
        const [pinned, shared] = await one.take(2);
        if (what === 'is drained') await scene.backend.queue.setWeight(two.id, 0);
        for (const delivery of [pinned!, shared!]) {
          expect(await one.forward(delivery, targets[what]!)).toBe('settled');
        }
        const again = await one.take(2);
        const routed = again.map(({ envelope, routed: isRouted }) => [
          envelope.target !== undefined,
          isRouted,
          envelope.forwarded,
        ]);
        expect(routed.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual([
          [false, false, true],
          [true, true, true],
        ]);
      },
    );

    it('is remembered through releases, and forgotten once the message has run', async () => {
      const scene = await open();
      const [one, two] = await openPair(scene);
      await scene.add(task('a'));
      await one.forward(await one.takeOne(), two);
      await two.release(await two.takeOne());
      const released = await one.takeOne();
      expect(released.envelope.forwarded).toBe(true);
      await one.retry(released);
      const retried = await two.takeOne();
      expect(retried.envelope.forwarded).toBeUndefined();
      await two.retry(retried, 20, false);
      await scene.promoteAll();
      expect((await one.takeOne()).envelope.forwarded).toBeUndefined();
    });
  });
}
