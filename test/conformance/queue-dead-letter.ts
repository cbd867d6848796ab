import { describe, expect, it } from 'vitest';
import { addressName } from '../../lib/message/index.js';
import type { Consumer } from './consumer.js';
import { task, tasks } from './messages.js';
import { type OpenScene, type Scene, texts } from './scene.js';

/** Sends as many tasks and lets them die in their order. */
async function letDie(scene: Scene, consumer: Consumer, count: number): Promise<void> {
  await scene.add(...tasks('a', count));
  for (const delivery of await consumer.take(count)) await consumer.dead(delivery);
}

export function describeDeadLetters(open: OpenScene): void {
  describe('dead letters', () => {
    it('keep message, reason, error, attempts, holder and time', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const payload = Buffer.from([0, 255, 10]);
      const sent = task('a', { payload, key: 'k', headers: { h: '1' } });
      await scene.add(sent);
      await consumer.retry(await consumer.takeOne());
      const before = (await consumer.beat()).now;
      const error = {
        name: 'OrderError',
        message: 'nö',
        code: 'E1',
        data: { a: [1] },
        stack: 'at x',
      };
      await consumer.settle(await consumer.takeOne(), {
        type: 'dead',
        reason: 'unrecoverable',
        error,
        consumer: consumer.id,
      });
      const [letter, ...others] = await scene.backend.deadLetters.list({ count: 10 });
      expect(others).toEqual([]);
      expect(letter).toMatchObject({
        envelope: { ...sent.envelope, attempts: 2 },
        reason: 'unrecoverable',
        error,
        consumer: consumer.id,
      });
      expect(letter?.payload).toEqual(payload);
      expect(letter?.diedAt).toBeGreaterThanOrEqual(before);
      expect(letter?.diedAt).toBeLessThanOrEqual((await consumer.beat()).now);
      expect(await scene.stats()).toMatchObject({ deadLetters: 1, counters: { dead: 1 } });
      expect(await consumer.poll()).toEqual([]);
    });

    it.each([
      ['failed', 1],
      ['unrecoverable', 1],
      ['undecodable', 0],
    ] as const)('count the attempt they end: %s', async (reason, attempts) => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a'));
      const error = { name: 'Error', message: reason };
      const verdict = { type: 'dead', reason, error, consumer: consumer.id } as const;
      await consumer.settle(await consumer.takeOne(), verdict);
      const [letter] = await scene.backend.deadLetters.list({ count: 1 });
      expect(letter?.envelope.attempts ?? 0).toBe(attempts);
    });

    it('are listed page by page, oldest first', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await letDie(scene, consumer, 5);
      const { deadLetters } = scene.backend;
      const first = await deadLetters.list({ count: 3 });
      expect(texts(first)).toEqual(['0', '1', '2']);
      const rest = await deadLetters.list({ count: 3, after: first[2]?.entry ?? '' });
      expect(texts(rest)).toEqual(['3', '4']);
      expect(await deadLetters.list({ count: 3, after: rest[1]?.entry ?? '' })).toEqual([]);
    });

    it('run again when they are replayed, as if they had never been tried', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const sent = task('a', { payload: 'p', headers: { h: '1' } });
      await scene.add(sent);
      await consumer.retry(await consumer.takeOne());
      await consumer.dead(await consumer.takeOne());
      const [letter] = await scene.backend.deadLetters.list({ count: 1 });
      expect(await scene.backend.deadLetters.replay([letter?.entry ?? ''])).toBe(1);
      expect(await scene.backend.deadLetters.replay([letter?.entry ?? ''])).toBe(0);
      expect((await scene.stats()).deadLetters).toBe(0);
      const delivery = await consumer.takeOne();
      expect(delivery.envelope).toMatchObject(sent.envelope);
      expect(delivery.envelope.attempts ?? 0).toBe(0);
      expect(delivery.envelope.lost ?? 0).toBe(0);
      expect(texts([delivery])).toEqual(['p']);
      expect(await consumer.done(delivery)).toBe('settled');
    });

    it('are replayed and dropped one by one', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await letDie(scene, consumer, 4);
      const { deadLetters } = scene.backend;
      const entries = (await deadLetters.list({ count: 10 })).map(({ entry }) => entry);
      expect(await deadLetters.drop([entries[0] ?? '', entries[3] ?? ''])).toBe(2);
      expect(await deadLetters.replay([entries[2] ?? '', entries[3] ?? ''])).toBe(1);
      expect(texts(await deadLetters.list({ count: 10 }))).toEqual(['1']);
      expect(texts(await consumer.take())).toEqual(['2']);
    });

    it('can be emptied: no entries, nothing done', async () => {
      const scene = await open();
      expect(await scene.backend.deadLetters.list({ count: 10 })).toEqual([]);
      expect(await scene.backend.deadLetters.replay([])).toBe(0);
      expect(await scene.backend.deadLetters.drop([])).toBe(0);
    });

    it('wait for a handler like any other when they are replayed', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await letDie(scene, consumer, 1);
      await consumer.leave();
      const [letter] = await scene.backend.deadLetters.list({ count: 1 });
      expect(addressName(letter?.envelope.address ?? 't:')).toBe('a');
      await scene.backend.deadLetters.replay([letter?.entry ?? '']);
      expect(await scene.stats()).toMatchObject({ unclaimed: 1, deadLetters: 0 });
      const heir = await scene.join({ tasks: ['a'] });
      expect(texts(await heir.take())).toEqual(['0']);
    });
  });
}
