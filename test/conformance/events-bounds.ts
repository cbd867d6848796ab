import { describe, expect, it } from 'vitest';
import { subscription } from './consumer.js';
import { event, events, task } from './messages.js';
import { type OpenScene, texts } from './scene.js';

const LARGE = Buffer.alloc(10_000, 'x').toString();

export function describeDurableBounds(open: OpenScene): void {
  describe('bounds of durable events', () => {
    it('by age: a warning first, then the oldest are dropped and counted', async () => {
      const scene = await open();
      const terms = { maxAge: 1_000 };
      const away = await scene.join({ service: 'away', events: { paid: terms } });
      const idle = await scene.join({ service: 'idle', events: { paid: { maxAge: 100_000 } } });
      await scene.add(event('paid', { payload: 'old' }));
      expect(await scene.backend.queue.tend()).toEqual([]);
      await scene.passTime(850);
      await scene.add(event('paid', { payload: 'young' }));
      const [near] = await scene.backend.queue.tend();
      expect(near).toMatchObject({
        subscription: subscription('paid', 'away'),
        state: 'near',
        dropped: 0,
        maxAge: 1_000,
      });
      expect(near!.age).toBeGreaterThanOrEqual(850);
      await scene.passTime(200);
      expect(await scene.backend.queue.tend()).toEqual([
        expect.objectContaining({ state: 'dropped', dropped: 1 }),
      ]);
      expect((await scene.stats()).counters.dropped).toBe(1);
      expect(await scene.backend.queue.tend()).toEqual([]);
      expect(texts(await away.take())).toEqual(['young']);
      expect(texts(await idle.take(2))).toEqual(['old', 'young']);
    });

    it('by age: what waits behind a key goes with it', async () => {
      const scene = await open();
      const away = await scene.join({ events: { paid: { maxAge: 300 } } });
      await scene.add(...events('paid', 5, { key: 'k' }));
      await scene.passTime(310);
      await scene.add(event('paid', { key: 'k', payload: 'young' }));
      expect(await scene.backend.queue.tend()).toMatchObject([{ state: 'dropped', dropped: 5 }]);
      const young = await away.takeOne();
      expect(texts([young])).toEqual(['young']);
      await away.done(young);
      expect((await scene.audit()).places.size).toBe(0);
      expect((await scene.audit()).keyHolders).toEqual([]);
      expect((await scene.stats()).gated).toBe(0);
    });

    it('by bytes: a warning first, then the oldest are dropped and counted', async () => {
      const scene = await open();
      const maxBytes = 2_000_000;
      const away = await scene.join({ events: { paid: { maxBytes, retention: 0 } } });
      await away.leave();
      await scene.add(...Array.from({ length: 170 }, () => event('paid', { payload: LARGE })));
      expect(await scene.backend.queue.tend()).toMatchObject([{ state: 'near', dropped: 0 }]);
      await scene.add(...Array.from({ length: 100 }, () => event('paid', { payload: LARGE })));
      const told = await scene.backend.queue.tend();
      expect(told).toMatchObject([{ state: 'dropped' }]);
      expect(told[0]!.dropped).toBeGreaterThan(50);
      expect(told[0]!.bytes).toBeLessThanOrEqual(maxBytes * 1.01);
      const { waiting } = (await scene.stats()).names.find(({ kind }) => kind === 'event')!;
      expect(waiting).toBe(270 - told[0]!.dropped);
    });

    it('by bytes: nobody has to look', async () => {
      const scene = await open();
      const maxBytes = 640_000;
      const away = await scene.join({ events: { paid: { maxBytes } } });
      await away.leave();
      for (let i = 0; i < 40; i++) {
        await scene.add(...Array.from({ length: 8 }, () => event('paid', { payload: LARGE })));
      }
      const { names, counters } = await scene.stats();
      const { waiting } = names.find(({ kind }) => kind === 'event')!;
      expect(waiting).toBeLessThan(100);
      expect(counters.dropped).toBe(320 - waiting);
      const told = await scene.backend.queue.tend();
      expect(told).toMatchObject([{ state: 'dropped' }]);
      expect(told[0]!.dropped).toBeGreaterThanOrEqual(320 - waiting);
    });

    it('by bytes: also of what waits behind a key that is held', async () => {
      const scene = await open();
      const maxBytes = 640_000;
      const slow = await scene.join({ events: { paid: { maxBytes, retention: 0 } } });
      await scene.add(event('paid', { key: 'k', payload: LARGE }));
      const held = await slow.takeOne();
      for (let i = 0; i < 4; i++) {
        await scene.add(
          ...Array.from({ length: 50 }, () => event('paid', { key: 'k', payload: LARGE })),
        );
      }
      await scene.backend.queue.tend();
      const { gated, counters } = await scene.stats();
      expect(gated).toBeLessThan(70);
      expect(counters.dropped).toBe(200 - gated);
      expect(await slow.done(held)).toBe('settled');
    });

    it('touch neither tasks in the same lane nor other services', async () => {
      const scene = await open();
      const routed = { rule: 'round_robin', tasks: ['t'], events: { paid: { maxAge: 300 } } };
      const consumer = await scene.join(routed);
      await scene.add(task('t', { payload: 'task' }));
      await scene.add(event('paid', { payload: 'old' }));
      await scene.passTime(310);
      expect(await scene.backend.queue.tend()).toMatchObject([{ state: 'dropped', dropped: 1 }]);
      expect(texts(await consumer.pollLanes())).toEqual(['task']);
    });

    it('a subscription nobody handles for its max age is removed, with a word', async () => {
      const scene = await open();
      const away = await scene.join({ service: 'away', events: { paid: { maxAge: 300 } } });
      await scene.join({ service: 'here', events: { paid: { maxAge: 300 } } });
      await away.leave();
      await scene.backend.queue.tend();
      await scene.passTime(200);
      await scene.add(event('paid', { payload: 'p', key: 'k' }), event('paid', { key: 'k' }));
      await scene.passTime(110);
      expect(await scene.backend.queue.tend()).toContainEqual(
        expect.objectContaining({
          subscription: subscription('paid', 'away'),
          state: 'removed',
          dropped: 2,
        }),
      );
      await scene.add(event('paid'));
      const { names } = await scene.stats();
      expect(names.filter(({ kind }) => kind === 'event')).toMatchObject([{ service: 'here' }]);
    });

    it('a dead letter of a subscription that was removed stays one', async () => {
      const scene = await open();
      const away = await scene.join({ service: 'away', events: { paid: { maxAge: 100 } } });
      await scene.add(event('paid'));
      await away.dead(await away.takeOne());
      await away.leave();
      await scene.passTime(110);
      await scene.backend.queue.tend();
      const [letter] = await scene.backend.deadLetters.list({ count: 1 });
      expect(await scene.backend.deadLetters.replay([letter!.entry])).toBe(0);
      expect((await scene.stats()).deadLetters).toBe(1);
    });
  });
}
