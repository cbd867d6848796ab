import { describe, expect, it } from 'vitest';
import type { FoundMessage, MessageQuery } from '../../lib/backend/index.js';
import { event, request, task, tasks } from './messages.js';
import { type OpenScene, type Scene, texts } from './scene.js';
import { joinCrew } from './crew.js';

const LATER = 600_000;

/** Turns the pages to their end. */
async function browse(
  scene: Scene,
  query: Omit<MessageQuery, 'count'> & { readonly count?: number },
): Promise<{ readonly messages: FoundMessage[]; readonly looked: number; readonly pages: number }> {
  const messages: FoundMessage[] = [];
  let [looked, pages] = [0, 0];
  for (let after: string | undefined; ; pages += 1) {
    const place = after === undefined ? {} : { after };
    const page = await scene.backend.inspector.messages({ count: 100, ...query, ...place });
    messages.push(...page.messages);
    looked += page.looked;
    after = page.next;
    if (after === undefined) return { messages, looked, pages: pages + 1 };
  }
}

export function describeBrowsing(open: OpenScene): void {
  describe('messages where they lie', () => {
    it('are none in an empty app', async () => {
      const scene = await open();
      for (const state of ['waiting', 'running', 'delayed', 'gated'] as const) {
        const page = await scene.backend.inspector.messages({ state, count: 10 });
        expect(page).toEqual({ messages: [], looked: 0 });
      }
    });

    it('are shown whole, each in the one place where it is', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'], requests: ['q'], events: { e: {} } });
      const headers = { h: '1' };
      const running = task('a', { payload: Buffer.from([0, 255, 10]), headers });
      const waiting = task('a', { payload: 'waits' });
      await scene.add(running);
      const held = await consumer.takeOne();
      await scene.add(waiting, task('b', { payload: 'unclaimed' }), request('q'));
      await scene.add(event('e', { payload: 'kept' }), task('a', { payload: 'd', delay: LATER }));
      await scene.add(task('c', { key: 'k', payload: 'first' }));
      await scene.add(task('c', { key: 'k', payload: 'second' }));
      const { now } = await consumer.beat();
      const seen = await browse(scene, { state: 'waiting' });
      expect(texts(seen.messages).toSorted()).toEqual(['', 'first', 'kept', 'unclaimed', 'waits']);
      const [found] = seen.messages.filter(({ payload }) => payload.toString() === 'waits');
      expect(found).toMatchObject({ state: 'waiting', envelope: waiting.envelope });
      expect(found).not.toHaveProperty('consumer');
      expect(found?.since).toBeLessThanOrEqual(now);
      expect(found?.since).toBeGreaterThan(now - 60_000);
      const [one, ...others] = (await browse(scene, { state: 'running' })).messages;
      expect(others).toEqual([]);
      expect(one).toMatchObject({ envelope: held.envelope, consumer: consumer.id });
      expect(one?.payload).toEqual(running.payload);
      expect(one?.envelope.headers).toEqual(headers);
      expect(one?.since).toBeGreaterThan(now - 60_000);
      const [due] = (await browse(scene, { state: 'delayed' })).messages;
      expect(due).toMatchObject({ state: 'delayed', payload: Buffer.from('d') });
      expect(due?.due).toBeGreaterThan(now + LATER - 60_000);
      const gated = await browse(scene, { state: 'gated' });
      expect(texts(gated.messages)).toEqual(['second']);
      expect(gated.messages[0]?.envelope).toMatchObject({ key: 'k' });
    });

    it('are shown page by page, a bounded number of them looked at', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a', 'b'] });
      await scene.add(...tasks('a', 12), ...tasks('b', 8));
      const first = await scene.backend.inspector.messages({ state: 'waiting', count: 5 });
      expect(first).toMatchObject({ looked: 5, next: expect.any(String) });
      const waiting = await browse(scene, { state: 'waiting', count: 3 });
      expect(waiting.looked).toBe(20);
      expect(waiting.pages).toBeGreaterThanOrEqual(7);
      expect(texts(waiting.messages)).toHaveLength(20);
      expect(new Set(waiting.messages.map(({ envelope }) => envelope.unique)).size).toBe(20);
      await consumer.take(7);
      expect((await browse(scene, { state: 'running', count: 2 })).messages).toHaveLength(7);
      expect((await browse(scene, { state: 'waiting', count: 2 })).messages).toHaveLength(13);
    });

    it('are shown by due time, those of one moment too', async () => {
      const scene = await open();
      await scene.add(task('a', { payload: 'last', delay: 2 * LATER }));
      await scene.add(...tasks('a', 7, { delay: LATER }));
      const { messages } = await browse(scene, { state: 'delayed', count: 2 });
      expect(texts(messages).slice(0, 7).toSorted()).toEqual(['0', '1', '2', '3', '4', '5', '6']);
      expect(texts(messages).slice(7)).toEqual(['last']);
    });

    it('are shown behind their keys, each once', async () => {
      const scene = await open();
      await scene.add(...tasks('a', 30, { key: 'k' }), ...tasks('b', 5, { delay: LATER }));
      const { messages } = await browse(scene, { state: 'gated', count: 4 });
      const expected = Array.from({ length: 29 }, (_, i) => String(i + 1));
      expect(texts(messages).toSorted()).toEqual(expected.toSorted());
    });

    it('are shown of one name only, also in lanes, with their owners', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'round_robin', [1, 1], { tasks: ['a', 'b'] });
      await scene.add(...tasks('a', 4), ...tasks('b', 2), task('c'));
      const { messages } = await browse(scene, { state: 'waiting', name: 'a' });
      expect(texts(messages).toSorted()).toEqual(['0', '1', '2', '3']);
      const owners = messages.map(({ consumer }) => consumer ?? '').toSorted();
      const ids = crew.map(({ id }) => id);
      expect(owners).toEqual([...ids, ...ids].toSorted());
      for (const state of ['delayed', 'gated', 'running'] as const) {
        expect((await browse(scene, { state, name: 'a' })).messages).toEqual([]);
      }
      await scene.add(task('a', { delay: LATER }), task('b', { delay: LATER }));
      expect((await browse(scene, { state: 'delayed', name: 'b' })).messages).toHaveLength(1);
      const [held] = await crew[0]!.pollLanes('task', 1);
      const running = await browse(scene, { state: 'running' });
      expect(running.messages[0]).toMatchObject({ consumer: ids[0], envelope: held?.envelope });
    });

    it('are not moved by looking', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(...tasks('a', 3));
      const [held] = await consumer.take(1);
      await browse(scene, { state: 'waiting' });
      await browse(scene, { state: 'running' });
      expect(await consumer.done(held!)).toBe('settled');
      expect(texts(await consumer.take(2))).toEqual(['1', '2']);
    });

    it.each(['waiting', 'delayed', 'gated'] as const)(
      'refuses a place that is none, %s',
      async (state) => {
        const scene = await open();
        const query = { state, count: 1, after: 'nowhere' };
        await expect(scene.backend.inspector.messages(query)).rejects.toMatchObject({
          code: 'INVALID_OPTIONS',
        });
      },
    );
  });

  describe('the queues of an app', () => {
    it('are those of services with members, and tell which are paused', async () => {
      const scene = await open();
      expect(await scene.backend.inspector.queues()).toEqual([]);
      await scene.join({ service: 'mails', tasks: ['a'], own: ['o'], requests: ['q'] });
      await scene.join({ service: 'bills', groups: { 't:slow': ['s'] } });
      await scene.backend.queue.pause('mails', 't:default', true);
      expect(await scene.backend.inspector.queues()).toEqual([
        { service: 'bills', queue: 'slow', kind: 'task', paused: false },
        { service: 'mails', queue: 'default', kind: 'request', paused: false },
        { service: 'mails', queue: 'default', kind: 'task', paused: true },
      ]);
    });
  });
}
