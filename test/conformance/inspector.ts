import { describe, expect, it } from 'vitest';
import type { QueueStats } from '../../lib/backend/index.js';
import { request, task, tasks } from './messages.js';
import type { OpenScene } from './scene.js';

const NOTHING = {
  added: 0,
  done: 0,
  retried: 0,
  dead: 0,
  duplicates: 0,
  expired: 0,
  dropped: 0,
  lost: 0,
  stale: 0,
};

/** Without what changes by itself. */
const still = ({ at: _at, names, ...rest }: QueueStats) => ({
  ...rest,
  names: names.map(({ oldest: _oldest, ...name }) => name),
});

export function describeInspector(open: OpenScene): void {
  describe('inspector', () => {
    it('sees an empty app', async () => {
      const scene = await open();
      expect(await scene.stats()).toEqual({
        at: expect.any(Number),
        names: [],
        unclaimed: 0,
        delayed: 0,
        gated: 0,
        deadLetters: 0,
        consumers: [],
        counters: NOTHING,
      });
    });

    it('sees what was done', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'], requests: ['q'] });
      const dedupe = { id: 'x', window: 600_000 };
      await scene.add(...tasks('a', 4), task('a', { dedupe }), task('a', { dedupe }));
      await scene.add(task('a', { delay: 600_000 }), task('b'), request('q'));
      await scene.add(task('c', { key: 'k' }), task('c', { key: 'k' }));
      const [done, retried, dead] = await consumer.take(4);
      await consumer.done(done!);
      await consumer.done(done!);
      await consumer.retry(retried!);
      await consumer.dead(dead!);
      const [late] = await consumer.take(1, 'request');
      await consumer.settle(late!, { type: 'expired' });
      const stats = await scene.stats();
      expect(stats).toMatchObject({ unclaimed: 2, delayed: 1, gated: 1, deadLetters: 1 });
      expect(stats.counters).toEqual({
        ...NOTHING,
        added: 10,
        duplicates: 1,
        done: 1,
        stale: 1,
        retried: 1,
        dead: 1,
        expired: 1,
      });
      expect(await scene.name('a')).toMatchObject({ waiting: 2, running: 1, consumers: 1 });
      expect(await scene.name('b')).toMatchObject({ waiting: 1, running: 0, consumers: 0 });
      expect(await scene.name('q', 'request')).toMatchObject({ waiting: 0, consumers: 1 });
    });

    it('sees who takes part', async () => {
      const scene = await open();
      const consumer = await scene.join({ service: 'orders', tasks: ['a'] });
      const { now } = await consumer.beat();
      const { consumers } = await scene.stats();
      expect(consumers).toEqual([
        {
          id: consumer.id,
          service: 'orders',
          instanceName: 'orders-instance',
          weight: 1,
          paused: false,
          active: true,
          joinedAt: expect.any(Number),
          lastSeen: now,
          inFlight: 0,
          waiting: 0,
          processed: 0,
          failed: 0,
        },
      ]);
      expect(consumers[0]?.joinedAt).toBeLessThanOrEqual(now);
    });

    it('changes nothing', async () => {
      const scene = await open();
      await scene.add(...tasks('a', 3), task('a', { delay: 600_000 }));
      const before = still(await scene.stats());
      await scene.stats();
      expect(still(await scene.stats())).toEqual(before);
      const consumer = await scene.join({ tasks: ['a'] });
      expect(await consumer.take(3)).toHaveLength(3);
    });

    it('sees the same through every client', async () => {
      const scene = await open();
      await scene.add(...tasks('a', 3));
      const other = await scene.connect();
      expect(still(await other.inspector.stats())).toEqual(still(await scene.stats()));
    });

    it('measures the way there and back', async () => {
      const scene = await open();
      const ms = await scene.backend.inspector.ping();
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThan(1_000);
    });
  });
}
