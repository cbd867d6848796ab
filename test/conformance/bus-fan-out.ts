import { describe, expect, it } from 'vitest';
import type { Backend } from '../../lib/backend/index.js';
import { decodeEvents, encodeEvent } from '../../lib/codec/index.js';
import { Recorder } from '../support/recorder.js';
import type { OpenScene } from './scene.js';

const PATIENCE = 5_000;

const publish = async (backend: Backend, name: string, text: string): Promise<void> => {
  await backend.bus.publish(backend.bus.channel('event', name), encodeEvent(text, text), PATIENCE);
};

/** Payloads that arrive from now on. Several publications may arrive as one message. */
async function listen(backend: Backend, name: string) {
  const heard = new Recorder<string>();
  const stop = await backend.bus.subscribe(backend.bus.channel('event', name), (message) => {
    for (const { payload } of decodeEvents(message)) heard.record(payload.toString());
  });
  return { heard, stop };
}

export function describeBus(open: OpenScene): void {
  describe('bus', () => {
    it('reaches every listener of every client once', async () => {
      const scene = await open();
      const other = await scene.connect();
      const listeners = [
        await listen(scene.backend, 'a'),
        await listen(scene.backend, 'a'),
        await listen(other, 'a'),
      ];
      await publish(scene.backend, 'a', '1');
      await publish(other, 'a', '2');
      for (const { heard } of listeners) {
        expect((await heard.count(2)).toSorted()).toEqual(['1', '2']);
      }
      await publish(scene.backend, 'a', 'end');
      for (const { heard } of listeners) expect(await heard.count(3)).toHaveLength(3);
    });

    it('keeps the order of a sender', async () => {
      const scene = await open();
      const { heard } = await listen(await scene.connect(), 'a');
      const texts = Array.from({ length: 200 }, (_, i) => String(i));
      await Promise.all(texts.map((text) => publish(scene.backend, 'a', text)));
      expect(await heard.count(200)).toEqual(texts);
    });

    it('keeps channels apart', async () => {
      const scene = await open();
      const a = await listen(scene.backend, 'a');
      const ab = await listen(scene.backend, 'a:b');
      await publish(scene.backend, 'a:b', 'for a:b');
      await publish(scene.backend, 'a', 'for a');
      expect(await a.heard.count(1)).toEqual(['for a']);
      expect(await ab.heard.count(1)).toEqual(['for a:b']);
    });

    it('names channels by kind and name', async () => {
      const { bus } = (await open()).backend;
      const names = [bus.channel('event', 'x'), bus.channel('reply', 'x'), bus.channel('control')];
      expect(new Set(names).size).toBe(3);
      expect(names[0]).toMatch(/^test:app-\w+:ev:x$/);
      expect(names[1]).toMatch(/^test:app-\w+:rpl:x$/);
      expect(names[2]).toMatch(/^test:app-\w+:ctl$/);
    });

    it('tells a late listener nothing of what was before', async () => {
      const scene = await open();
      await publish(scene.backend, 'a', 'early');
      const { heard } = await listen(scene.backend, 'a');
      await publish(scene.backend, 'a', 'late');
      expect(await heard.count(1)).toEqual(['late']);
    });

    it('stops at once when told, and safely twice; others go on', async () => {
      const scene = await open();
      const first = await listen(scene.backend, 'a');
      const second = await listen(scene.backend, 'a');
      await publish(scene.backend, 'a', '1');
      await first.heard.count(1);
      first.stop();
      first.stop();
      await publish(scene.backend, 'a', '2');
      expect(await second.heard.count(2)).toEqual(['1', '2']);
      second.stop();
      const third = await listen(scene.backend, 'a');
      await publish(scene.backend, 'a', '3');
      expect(await third.heard.count(1)).toEqual(['3']);
      expect(first.heard.all).toEqual(['1']);
      expect(second.heard.all).toEqual(['1', '2']);
    });

    it('drops for a listener that has gone what is on its way to it', async () => {
      const scene = await open();
      const gone = await listen(scene.backend, 'a');
      const staying = await listen(scene.backend, 'a');
      const publishing = publish(scene.backend, 'a', '1');
      gone.stop();
      await publishing;
      expect(await staying.heard.count(1)).toEqual(['1']);
      expect(gone.heard.all).toEqual([]);
    });

    it('does not mind that nobody listens', async () => {
      const scene = await open();
      await expect(publish(scene.backend, 'nobody', 'x')).resolves.toBeUndefined();
    });

    it('does not let a listener that throws disturb the others', async () => {
      const errors = new Recorder<unknown>();
      const scene = await open({ onError: errors.record });
      const { bus } = scene.backend;
      await bus.subscribe(bus.channel('event', 'a'), () => {
        throw new Error('a listener failed');
      });
      const { heard } = await listen(scene.backend, 'a');
      await publish(scene.backend, 'a', '1');
      await heard.count(1);
      await publish(scene.backend, 'a', '2');
      expect(await heard.count(2)).toEqual(['1', '2']);
      expect(await errors.next()).toMatchObject({ message: 'a listener failed' });
    });

    it('does not call back before publish has returned', async () => {
      const scene = await open();
      const { heard } = await listen(scene.backend, 'a');
      const publishing = publish(scene.backend, 'a', '1');
      expect(heard.all).toEqual([]);
      await publishing;
      await heard.count(1);
    });

    it('has no gap while nothing is interrupted', async () => {
      const scene = await open();
      const gaps = new Recorder<void>();
      const stop = scene.backend.bus.onGap(() => gaps.record());
      const { heard } = await listen(scene.backend, 'a');
      await publish(scene.backend, 'a', '1');
      await heard.count(1);
      expect(gaps.all).toEqual([]);
      stop();
    });
  });
}
