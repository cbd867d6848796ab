import { describe, expect, it } from 'vitest';
import type { Consumer } from './consumer.js';
import { joinCrew } from './crew.js';
import { request, task, tasks } from './messages.js';
import type { OpenScene } from './scene.js';

export function describeBacklog(open: OpenScene): void {
  describe('how long messages have waited', () => {
    it('is told of every name by the one at its head, held ones aside', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a', 'b'] });
      await scene.add(task('a'));
      await scene.passTime(40);
      await scene.add(task('a'));
      await scene.passTime(20);
      expect((await scene.name('a')).oldest).toBeGreaterThanOrEqual(60);
      expect(await scene.name('b')).not.toHaveProperty('oldest');
      await consumer.take(1);
      const { oldest } = await scene.name('a');
      expect(oldest).toBeGreaterThanOrEqual(20);
      await consumer.take(1);
      expect(await scene.name('a')).not.toHaveProperty('oldest');
    });

    it('counts from the moment it can be read, after a delay or a retry too', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { delay: 30 }));
      await scene.promoteAll();
      const fresh = await scene.stats();
      await scene.passTime(50);
      await scene.add(task('a'));
      const [first] = await consumer.take(1);
      const since = scene.backend.queue.readyAt(consumer.id, first!.lease);
      expect(since).toBeLessThanOrEqual(fresh.at);
      await consumer.retry(first!, 0);
      const [second] = await consumer.take(1);
      const [again] = await consumer.take(1);
      const later = scene.backend.queue.readyAt(consumer.id, again!.lease);
      expect(later).toBeGreaterThanOrEqual(since! + 50);
      await consumer.done(second!);
    });

    it('is known of what lies in lanes', async () => {
      const scene = await open();
      const options = { tasks: ['a', 'b'] };
      const [one] = (await joinCrew(scene, 'round_robin', [1], options)) as [Consumer];
      await scene.add(task('a'));
      await scene.passTime(30);
      await scene.add(task('b'));
      expect((await scene.name('a')).oldest).toBeGreaterThanOrEqual(30);
      expect(await scene.name('b')).toMatchObject({ waiting: 1 });
      expect(await scene.name('b')).not.toHaveProperty('oldest');
      await one.take(1);
      expect((await scene.name('b')).oldest).toBeGreaterThanOrEqual(0);
    });
  });

  describe('the backlog of a consumer', () => {
    it('is what waits in its lanes and in the streams of its names', async () => {
      const scene = await open();
      const { inspector } = scene.backend;
      const consumer = await scene.join({ tasks: ['a', 'b'], requests: ['q'] });
      expect(await inspector.backlog(consumer.id)).toEqual({ waiting: 0 });
      await scene.add(task('a', { target: consumer.id }), task('elsewhere'));
      await scene.passTime(30);
      await scene.add(...tasks('b', 2), request('q'), task('b', { delay: 600_000 }));
      const backlog = await inspector.backlog(consumer.id);
      expect(backlog?.waiting).toBe(4);
      expect(backlog?.oldest).toBeGreaterThanOrEqual(30);
      await consumer.take(1);
      await consumer.take(1, 'request');
      expect((await inspector.backlog(consumer.id))?.waiting).toBe(2);
    });

    it('leaves the lanes of others out', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'round_robin', [1, 1], { tasks: ['a'] });
      await scene.add(...tasks('a', 4));
      for (const { id } of crew) {
        expect(await scene.backend.inspector.backlog(id)).toMatchObject({ waiting: 2 });
      }
    });

    it('is unknown of one that is no member', async () => {
      const scene = await open();
      expect(await scene.backend.inspector.backlog('nobody')).toBeUndefined();
    });
  });
}
