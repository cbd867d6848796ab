import { describe, expect, it } from 'vitest';
import type { OpenScene } from './scene.js';

export function describePause(open: OpenScene): void {
  describe('a paused queue', () => {
    it('is told to every member of its service, by beat and to those that join later', async () => {
      const scene = await open();
      const { queue } = scene.backend;
      const one = await scene.join({ service: 'mails', tasks: ['a'] });
      const other = await scene.join({ service: 'bills', tasks: ['b'] });
      expect((await one.beat()).paused ?? []).toEqual([]);
      expect(await queue.pause('mails', 't:default', true)).toBe(true);
      expect(await queue.pause('mails', 't:default', true)).toBe(false);
      expect(await queue.pause('mails', 'r:slow', true)).toBe(true);
      expect([...((await one.beat()).paused ?? [])].toSorted()).toEqual(['r:slow', 't:default']);
      expect((await other.beat()).paused ?? []).toEqual([]);
      const late = scene.consumer({ service: 'mails', tasks: ['a'] });
      expect((await late.join()).paused).toHaveLength(2);
      expect(await queue.pause('mails', 't:default', false)).toBe(true);
      expect(await queue.pause('mails', 't:default', false)).toBe(false);
      expect((await one.beat()).paused).toEqual(['r:slow']);
    });

    it('outlives its members', async () => {
      const scene = await open();
      const { queue } = scene.backend;
      const one = await scene.join({ service: 'mails', tasks: ['a'] });
      await queue.pause('mails', 't:default', true);
      await one.leave();
      const next = await scene.join({ service: 'mails', tasks: ['a'] });
      expect((await next.beat()).paused).toEqual(['t:default']);
    });

    it('is announced when it changes, and only then', async () => {
      const scene = await open();
      const { queue } = scene.backend;
      const control = await scene.control();
      await queue.pause('mails and bills', 't:default', true);
      await queue.pause('mails and bills', 't:default', true);
      await queue.pause('mails and bills', 't:default', false);
      expect(await control.count(2)).toEqual([
        { type: 'pause', service: 'mails and bills' },
        { type: 'pause', service: 'mails and bills' },
      ]);
    });
  });
}
