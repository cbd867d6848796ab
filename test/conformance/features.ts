import { describe, expect, it } from 'vitest';
import { task } from './messages.js';
import { type OpenScene, texts } from './scene.js';

export function describeFeatures(open: OpenScene): void {
  describe('features', () => {
    it('durable: what was accepted outlives every client, or is gone with the last one', async () => {
      const scene = await open();
      const { durable } = scene.backend.features;
      await scene.add(task('a', { payload: 'kept' }), task('a', { delay: 600_000 }));
      await scene.backend.close();
      const backend = await scene.connect();
      const { unclaimed, delayed } = await backend.inspector.stats();
      expect({ unclaimed, delayed }).toEqual(
        durable ? { unclaimed: 1, delayed: 1 } : { unclaimed: 0, delayed: 0 },
      );
      if (!durable) return;
      const consumer = await scene.join({ tasks: ['a'] }, backend);
      expect(texts(await consumer.take())).toEqual(['kept']);
    });

    it('are the same for every client', async () => {
      const scene = await open();
      expect((await scene.connect()).features).toEqual(scene.backend.features);
    });

    it('one client’s state is every client’s while one of them lives', async () => {
      const scene = await open();
      const other = await scene.connect();
      await scene.add(task('a', { payload: 'handed on' }));
      await scene.backend.close();
      const consumer = await scene.join({ tasks: ['a'] }, other);
      expect(texts(await consumer.take())).toEqual(['handed on']);
    });
  });
}
