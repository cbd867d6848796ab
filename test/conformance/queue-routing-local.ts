import { describe, expect, it } from 'vitest';
import type { Consumer } from './consumer.js';
import { joinCrew, placeEach } from './crew.js';
import { task, tasks } from './messages.js';
import { type OpenScene, type Scene, texts } from './scene.js';

const LATER = 600_000;

/** Two of one service, and a proposal of the second of them. */
async function openPair(scene: Scene, rule: string) {
  const [one, two] = (await joinCrew(scene, rule, [1, 1])) as [Consumer, Consumer];
  const { epoch } = await scene.routes('a');
  return { one, two, epoch, proposal: { consumer: two.id, epoch } };
}

/** Waits in the stream of its name, where anybody takes it. */
async function isShared(scene: Scene, crew: readonly Consumer[], count = 1): Promise<void> {
  for (const consumer of crew) expect(await consumer.pollLanes()).toEqual([]);
  expect((await scene.name('a')).waiting).toBe(count);
}

export function describeRoutingLocal(open: OpenScene): void {
  describe.each(['round_robin@local', 'weighted@local', 'least_conn@local', 'custom:mine@local'])(
    'routing by senders (%s)',
    (rule) => {
      it('follows their proposals, also those of another epoch', async () => {
        const scene = await open();
        const { two, epoch, proposal } = await openPair(scene, rule);
        const old = { ...proposal, epoch: epoch - 1 };
        const added = await scene.add(
          task('a', { proposal, payload: 'new' }),
          task('a', { proposal: old, payload: 'old' }),
        );
        expect(added.map(({ unrouted }) => unrouted)).toEqual([undefined, undefined]);
        expect(texts(await two.pollLanes())).toEqual(['new', 'old']);
      });

      it('leaves to whoever is free what comes without a proposal, and says so', async () => {
        const scene = await open();
        const { one, two, proposal } = await openPair(scene, rule);
        const added = await scene.add(task('a'), task('a', { proposal }), task('a'));
        expect(added.map(({ unrouted }) => unrouted)).toEqual([true, undefined, true]);
        expect(await two.pollLanes()).toHaveLength(1);
        await isShared(scene, [one, two], 2);
        expect((await one.poll()).map(({ routed }) => routed)).toEqual([false, false]);
      });

      it.each(['is gone', 'is drained', 'does not handle the name', 'is of another service'])(
        'does not follow a proposal of one that %s, and says so',
        async (what) => {
          const scene = await open();
          const { one, two, epoch } = await openPair(scene, rule);
          const third = await scene.join({ tasks: ['b'], rule });
          const stranger = await scene.join({ service: 'other', tasks: ['b'], rule });
          const consumers: Record<string, string> = {
            'is gone': 'ghost',
            'is drained': two.id,
            'does not handle the name': third.id,
            'is of another service': stranger.id,
          };
          const consumer = consumers[what]!;
          if (consumer === two.id) await scene.backend.queue.setWeight(two.id, 0);
          const proposal = { consumer, epoch };
          expect(await scene.add(task('a', { proposal }))).toMatchObject([{ unrouted: true }]);
          await isShared(scene, [one, two]);
        },
      );

      it('leaves to whoever is free what is placed again', async () => {
        const scene = await open();
        const { one, two, proposal } = await openPair(scene, rule);
        await scene.add(task('a', { proposal }));
        await two.release(await two.takeOne());
        await isShared(scene, [one, two]);
        await one.retry(await one.takeOne());
        await isShared(scene, [one, two]);
        await one.retry(await one.takeOne(), 20);
        await scene.promoteAll();
        await isShared(scene, [one, two]);
        await one.done(await one.takeOne());
        await scene.add(task('a', { proposal }));
        await two.leave();
        await isShared(scene, [one]);
      });

      it('says nothing of what is only parked, and of duplicates', async () => {
        const scene = await open();
        const { one, two, proposal } = await openPair(scene, rule);
        await scene.add(task('a', { key: 'k', proposal }));
        const dedupe = { id: 'x', window: LATER };
        const added = await scene.add(
          task('a', { key: 'k', payload: 'gated', proposal }),
          task('a', { key: 'k' }),
          task('a', { delay: LATER }),
          task('a', { proposal, dedupe }),
          task('a', { dedupe }),
        );
        expect(added.filter(({ unrouted }) => unrouted)).toEqual([]);
        const [held] = await two.pollLanes();
        await two.done(held!);
        await isShared(scene, [one, two], 1);
        expect(texts(await one.poll())).toEqual(['gated']);
      });

      it('says nothing of what went to its target', async () => {
        const scene = await open();
        const { one, two, proposal } = await openPair(scene, rule);
        const [added] = await scene.add(task('a', { target: one.id, proposal }));
        expect(added?.unrouted).toBeUndefined();
        expect(await two.pollLanes()).toEqual([]);
        expect(await one.pollLanes()).toHaveLength(1);
      });
    },
  );

  describe('proposals', () => {
    it.each(['competing', 'competing@local', 'round_robin', 'weighted', 'least_conn'])(
      'mean nothing where %s is followed',
      async (rule) => {
        const scene = await open();
        const { one, two, proposal } = await openPair(scene, rule);
        const added = await scene.add(...tasks('a', 4, { proposal }));
        expect(added.filter(({ unrouted }) => unrouted)).toEqual([]);
        const isShared = rule.startsWith('competing');
        expect(await scene.loads('a', one, two)).toEqual(isShared ? [0, 0] : [2, 2]);
      },
    );

    it('mean nothing where no group of one service routes the name', async () => {
      const scene = await open();
      const [unhandled] = await scene.add(task('b', { proposal: { consumer: 'ghost', epoch: 0 } }));
      const { two, proposal } = await openPair(scene, 'round_robin@local');
      await scene.join({ service: 'other', tasks: ['a'], rule: 'round_robin@local' });
      const [handled] = await scene.add(task('a', { proposal }));
      expect([unhandled?.unrouted, handled?.unrouted]).toEqual([undefined, undefined]);
      expect(await two.pollLanes()).toEqual([]);
      expect(await two.poll()).toHaveLength(1);
    });

    it('are no reason to look again while everybody who handles the name is drained', async () => {
      const scene = await open();
      const rule = 'custom:mine@local';
      const drained = await scene.join({ tasks: ['a', 'b'], rule });
      const other = await scene.join({ tasks: ['b'], rule });
      const { epoch } = await scene.routes('a');
      await scene.backend.queue.setWeight(drained.id, 0);
      for (const consumer of [drained.id, other.id]) {
        const proposal = { consumer, epoch };
        const [added] = await scene.add(task('a', { proposal }));
        expect(added?.unrouted).toBeUndefined();
      }
      expect(await scene.add(task('b'))).toMatchObject([{ unrouted: true }]);
    });

    it('are no reason to look again while everybody is drained', async () => {
      const scene = await open();
      const { one, two, proposal } = await openPair(scene, 'weighted@local');
      for (const { id } of [one, two]) await scene.backend.queue.setWeight(id, 0);
      const [added] = await scene.add(task('a', { proposal }));
      expect(added?.unrouted).toBeUndefined();
      expect((await scene.name('a')).waiting).toBe(1);
    });
  });

  describe('competing', () => {
    it('routes nothing: whoever is free takes it', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'competing', [1, 5]);
      expect(await placeEach(scene, ['a', 'a'], crew)).toEqual([undefined, undefined]);
      expect(await crew[0]!.poll()).toHaveLength(2);
    });
  });
}
