import { describe, expect, it } from 'vitest';
import { request, task } from './messages.js';
import type { OpenScene } from './scene.js';

const LONG = 600_000;

export function describeDedupe(open: OpenScene): void {
  describe('dedupe', () => {
    it('reports the second message of an id and names the first', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const dedupe = { id: 'order:1', window: LONG };
      const first = task('a', { dedupe });
      expect(await scene.add(first)).toEqual([{ unique: first.envelope.unique, duplicate: false }]);
      const sender = await scene.connect();
      expect(await sender.queue.add([task('a', { dedupe })], 5_000)).toEqual([
        { unique: first.envelope.unique, duplicate: true },
      ]);
      expect((await consumer.takeOne()).envelope.unique).toBe(first.envelope.unique);
      expect(await consumer.poll()).toEqual([]);
      expect((await scene.stats()).counters).toMatchObject({ added: 1, duplicates: 1 });
    });

    it('holds inside one group', async () => {
      const scene = await open();
      const dedupe = { id: 'x', window: LONG };
      const [first, second, third] = [task('a', { dedupe }), task('a', { dedupe }), task('a')];
      expect(await scene.add(first, second, third)).toEqual([
        { unique: first.envelope.unique, duplicate: false },
        { unique: first.envelope.unique, duplicate: true },
        { unique: third.envelope.unique, duplicate: false },
      ]);
      expect((await scene.name('a')).waiting).toBe(2);
    });

    it('holds after the first one is done, dead or cancelled', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const dedupe = { id: 'x', window: LONG };
      await scene.add(task('a', { dedupe }));
      await consumer.done(await consumer.takeOne());
      expect(await scene.add(task('a', { dedupe }))).toMatchObject([{ duplicate: true }]);
    });

    it('ends with its window', async () => {
      const scene = await open();
      const dedupe = { id: 'x', window: 30 };
      const first = task('a', { dedupe });
      await scene.add(first);
      await scene.passTime(40);
      const second = task('a', { dedupe });
      expect(await scene.add(second)).toEqual([
        { unique: second.envelope.unique, duplicate: false },
      ]);
    });

    it('counts each name, and each id, for itself', async () => {
      const scene = await open();
      const dedupe = { id: 'x', window: LONG };
      const added = await scene.add(
        task('a', { dedupe }),
        task('b', { dedupe }),
        task('a', { dedupe: { id: 'y', window: LONG } }),
        task('a', { dedupe: { id: 'x:t:b', window: LONG } }),
      );
      expect(added.every(({ duplicate }) => !duplicate)).toBe(true);
    });

    it('does not remember what was refused', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'], streamLength: 1 });
      const message = task('a', { dedupe: { id: 'x', window: LONG } });
      await expect(scene.add(message, task('a'))).rejects.toMatchObject({ code: 'OVERLOADED' });
      await expect(scene.add(message, request('nobody'))).rejects.toMatchObject({
        code: 'NO_HANDLER',
      });
      expect(await scene.add(message)).toMatchObject([{ duplicate: false }]);
      expect((await consumer.takeOne()).envelope.unique).toBe(message.envelope.unique);
    });

    it('covers delayed messages', async () => {
      const scene = await open();
      const dedupe = { id: 'x', window: LONG };
      await scene.add(task('a', { dedupe, delay: LONG }));
      expect(await scene.add(task('a', { dedupe }))).toMatchObject([{ duplicate: true }]);
      expect(await scene.stats()).toMatchObject({ delayed: 1, unclaimed: 0 });
    });
  });
}
