import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../lib/backend/index.js';
import type { MessagePolicy } from '../../lib/message/index.js';
import type { Consumer } from './consumer.js';
import { request, task, tasks } from './messages.js';
import { type OpenScene, texts } from './scene.js';

export function describeDelivery(open: OpenScene): void {
  describe('delivery', () => {
    it('brings bytes unchanged', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      await scene.add(task('a', { payload: bytes }));
      expect((await consumer.takeOne()).payload).toEqual(bytes);
    });

    it.each([
      ['nothing', ''],
      ['text of every plane', 'naïve Ελλάδα 漢字 🧭 \u0000 end'],
      ['a megabyte', 'x'.repeat(1024 * 1024)],
    ])('brings %s as UTF-8', async (_, payload) => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a', { payload }));
      expect((await consumer.takeOne()).payload.toString()).toBe(payload);
    });

    it('brings everything the sender wrote beside the payload', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['größe:x'], requests: ['größe:x'] });
      const policy: MessagePolicy = {
        attempts: 4,
        backoff: { type: 'exponential', delay: 10, max: 100, jitter: 0.5 },
        timeout: 9,
      };
      const headers = { trace: 'ünï', empty: '' };
      const sent = task('größe:x', { key: 'k', headers, policy, target: 'nobody' });
      const asked = request('größe:x', { replyTo: 'ch', ttl: 1234, keepReply: 55 });
      await scene.add(sent, asked);
      expect((await consumer.takeOne()).envelope).toMatchObject(sent.envelope);
      expect((await consumer.takeOne('request')).envelope).toMatchObject(asked.envelope);
    });

    it('writes down when a message was accepted, on its own clock', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const before = (await consumer.beat()).now;
      await scene.add(task('a', { key: 'k' }));
      const after = (await consumer.beat()).now;
      const delivery = await consumer.takeOne();
      await consumer.retry(delivery);
      const { enqueuedAt } = (await consumer.takeOne()).envelope;
      expect(enqueuedAt).toBeGreaterThanOrEqual(before);
      expect(enqueuedAt).toBeLessThanOrEqual(after);
    });

    it('keeps its own copy of what was sent and of what was handed out', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const payload = Buffer.from('original');
      const headers = { h: 'original' };
      const sending = scene.add(task('a', { payload, headers }));
      await sending;
      payload.write('altered!');
      headers.h = 'altered!';
      const first = await consumer.takeOne();
      expect(first.payload.toString()).toBe('original');
      first.payload.write('altered!');
      (first.envelope.headers as Record<string, string>)['h'] = 'altered!';
      await consumer.release(first);
      const second = await consumer.takeOne();
      expect(second.payload.toString()).toBe('original');
      expect(second.envelope.headers).toEqual({ h: 'original' });
    });

    it('keeps the order of a name', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 20));
      for (const message of tasks('a', 40).slice(20)) await scene.add(message);
      expect(texts(await consumer.take(40)).map(Number)).toEqual([...Array(40).keys()]);
    });

    it('keeps the order of calls that nobody waited for', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await Promise.all(tasks('a', 300).map((message) => scene.add(message)));
      expect(texts(await consumer.take(300)).map(Number)).toEqual([...Array(300).keys()]);
    });

    it('accepts a group of 256 in one step and says so in its order', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const group = tasks('a', 256);
      const added = await scene.add(...group);
      expect(added.map(({ unique }) => unique)).toEqual(group.map((m) => m.envelope.unique));
      expect(added.every(({ duplicate }) => !duplicate)).toBe(true);
      expect(await consumer.take(256)).toHaveLength(256);
    });

    it('hands a name only to those who ask for it', async () => {
      const scene = await open();
      const a = await scene.join({ tasks: ['a'] });
      const b = await scene.join({ tasks: ['b'], requests: ['a'] });
      await scene.add(task('b', { payload: 'for b' }), task('a', { payload: 'for a' }));
      await scene.add(request('a', { payload: 'a request' }));
      expect(texts(await a.take())).toEqual(['for a']);
      expect(texts(await b.take())).toEqual(['for b']);
      expect(texts(await b.take(1, 'request'))).toEqual(['a request']);
      expect(await a.poll()).toEqual([]);
      expect(await b.poll()).toEqual([]);
    });

    it('makes a settled message go away', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a'));
      expect(await consumer.done(await consumer.takeOne())).toBe('settled');
      expect(await scene.name('a')).toMatchObject({ waiting: 0, running: 0 });
      expect((await scene.audit()).places.size).toBe(0);
    });

    it('takes away what is settled together, in any order, and nothing that is held or waits', async () => {
      const scene = await open();
      const [one, other] = [await scene.join({ tasks: ['a'] }), await scene.join({ tasks: ['a'] })];
      const sent = tasks('a', 140);
      const left = new Set(sent.map(({ envelope }) => envelope.unique));
      await scene.add(...sent);
      const settle = async (consumer: Consumer, deliveries: readonly Delivery[]): Promise<void> => {
        await Promise.all(deliveries.map((delivery) => consumer.done(delivery)));
        for (const { envelope } of deliveries) left.delete(envelope.unique);
        expect(new Set((await scene.audit()).places.keys())).toEqual(left);
      };
      const [first, second, third] = [await one.take(20), await other.take(20), await one.take(20)];
      // the oldest before all of them, among them, behind them
      await settle(other, second);
      await settle(one, [...first.slice(0, 9), ...first.slice(10), ...third.slice(10)]);
      await settle(one, [...first.slice(9, 10), ...third.slice(0, 9)]);
      const fourth = await one.take(40);
      await settle(one, [...fourth.slice(20, 21), ...third.slice(9, 10), ...fourth.slice(0, 19)]);
      // none is held any more
      await settle(one, [...fourth.slice(19, 20), ...fourth.slice(21)].toReversed());
      await settle(one, await one.take(20));
      expect(texts(await one.take(20)).map(Number)).toEqual([...Array(140).keys()].slice(120));
    });
  });
}
