import { describe, expect, it } from 'vitest';
import { type Consumer, subscription } from './consumer.js';
import { event, events } from './messages.js';
import { type OpenScene, type Scene, texts } from './scene.js';

const FROM_EARLIEST = { from: 'earliest' } as const;

const catchUp = async ({ backend }: Scene, service: string): Promise<void> =>
  await backend.queue.catchUp(subscription('paid', service));

/** Everything that waits for it, handled. */
async function handleAll({ backend }: Scene, consumer: Consumer): Promise<string[]> {
  const handled: string[] = [];
  const { service } = consumer.member;
  for (;;) {
    const { names } = await backend.inspector.stats();
    const own = names.filter((name) => name.kind === 'event' && name.service === service);
    if (own.every(({ waiting }) => waiting === 0)) return handled;
    const taken = await consumer.fetch(1_000);
    handled.push(...texts(taken));
    for (const delivery of taken) await consumer.done(delivery);
  }
}

export function describeDurableLog(open: OpenScene): void {
  describe('the log of a durable event', () => {
    it('gives a new service what was published before, if it wants the earliest', async () => {
      const scene = await open();
      await scene.join({ service: 'first', events: { paid: {} } });
      await scene.add(...events('paid', 200));
      const fresh = await scene.join({ service: 'fresh', events: { paid: {} } });
      const late = await scene.join({ service: 'late', events: { paid: FROM_EARLIEST } });
      await catchUp(scene, 'late');
      await scene.add(event('paid', { payload: 'new' }));
      const all = [...Array.from({ length: 200 }, (_, i) => String(i)), 'new'];
      expect(await handleAll(scene, late)).toEqual(all);
      expect(await handleAll(scene, fresh)).toEqual(['new']);
    });

    it('gives what is published meanwhile once, and in order', async () => {
      const scene = await open();
      await scene.join({ service: 'first', events: { paid: {} } });
      await scene.add(...events('paid', 3, { key: 'k' }));
      const late = await scene.join({ service: 'late', events: { paid: FROM_EARLIEST } });
      await scene.add(event('paid', { key: 'k', payload: '3' }));
      expect(await late.poll()).toEqual([]);
      await catchUp(scene, 'late');
      await scene.add(event('paid', { key: 'k', payload: '4' }));
      await catchUp(scene, 'late');
      expect(await handleAll(scene, late)).toEqual(['0', '1', '2', '3', '4']);
    });

    it('loses and doubles nothing while many publish and catch up at once', async () => {
      const scene = await open();
      await scene.join({ service: 'first', events: { paid: {} } });
      await scene.add(...events('paid', 256));
      await scene.add(...events('paid', 256));
      const late = await scene.join({ service: 'late', events: { paid: FROM_EARLIEST } });
      const at = ['a', 'b', 'c'].map(async (payload) => {
        for (let i = 0; i < 20; i++) await scene.add(event('paid', { payload: `${payload}${i}` }));
      });
      const other = await scene.connect();
      const both = [scene.backend, other].map(async ({ queue }) => {
        await queue.catchUp(subscription('paid', 'late'));
      });
      await Promise.all([...at, ...both]);
      const handled = await handleAll(scene, late);
      expect(handled).toHaveLength(512 + 60);
      expect(handled.filter((payload) => payload.startsWith('a'))).toEqual(
        Array.from({ length: 20 }, (_, i) => `a${i}`),
      );
    });

    it('is caught up by whoever tends, when those who joined are gone', async () => {
      const scene = await open();
      await scene.join({ service: 'first', events: { paid: {} } });
      await scene.add(...events('paid', 3));
      const late = await scene.join({ service: 'late', events: { paid: FROM_EARLIEST } });
      await late.leave();
      await scene.add(event('paid', { payload: '3' }));
      await scene.backend.queue.tend();
      await scene.add(event('paid', { payload: '4' }));
      const heir = await scene.join({ service: 'late', events: { paid: {} } });
      expect(await handleAll(scene, heir)).toEqual(['0', '1', '2', '3', '4']);
    });

    it('matters to the first registration only', async () => {
      const scene = await open();
      const first = await scene.join({ service: 'late', events: { paid: {} } });
      await scene.add(...events('paid', 2));
      expect(await handleAll(scene, first)).toEqual(['0', '1']);
      const second = await scene.join({ service: 'late', events: { paid: FROM_EARLIEST } });
      await catchUp(scene, 'late');
      expect(await handleAll(scene, second)).toEqual([]);
    });

    it('reaches back no further than the retention', async () => {
      const scene = await open();
      const brief = { from: 'earliest', retention: 60 } as const;
      const first = await scene.join({ service: 'first', events: { paid: brief } });
      await scene.add(event('paid', { payload: 'old' }));
      await scene.passTime(70);
      await scene.add(event('paid', { payload: 'young' }));
      await scene.join({ service: 'late', events: { paid: brief } });
      await catchUp(scene, 'late');
      const late = await scene.join({ service: 'late', events: { paid: brief } });
      expect(await handleAll(scene, late)).toEqual(['young']);
      expect(await handleAll(scene, first)).toEqual(['old', 'young']);
    });

    it('is not there with a retention of 0', async () => {
      const scene = await open();
      const none = { from: 'earliest', retention: 0 } as const;
      await scene.join({ service: 'first', events: { paid: none } });
      await scene.add(event('paid', { payload: 'old' }));
      const late = await scene.join({ service: 'late', events: { paid: none } });
      await scene.add(event('paid', { payload: 'new' }));
      expect(await handleAll(scene, late)).toEqual(['new']);
    });

    it('is trimmed, but never of what a subscription has not got', async () => {
      const scene = await open();
      const brief = { from: 'earliest', retention: 1_000 } as const;
      const first = await scene.join({ service: 'first', events: { paid: brief } });
      for (let i = 0; i < 4; i++) await scene.add(...events('paid', 100));
      await scene.join({ service: 'late', events: { paid: brief } });
      await scene.add(...events('paid', 100));
      await scene.passTime(1_100);
      // the first look trims before it lets the late one catch up
      const told = await scene.backend.queue.tend();
      expect(told).toEqual([]);
      const late = await scene.join({ service: 'late', events: { paid: brief } });
      expect((await handleAll(scene, late)).length).toBeGreaterThanOrEqual(500);
      expect(await handleAll(scene, first)).toHaveLength(500);
      await scene.passTime(1_100);
      await scene.backend.queue.tend();
      expect((await scene.stats()).counters.dropped).toBe(0);
    });
  });
}
