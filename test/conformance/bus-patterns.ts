import { describe, expect, it } from 'vitest';
import type { Backend } from '../../lib/backend/index.js';
import { decodeEvents, encodeEvent } from '../../lib/codec/index.js';
import { Recorder } from '../support/recorder.js';
import type { OpenScene } from './scene.js';

const PATIENCE = 5_000;
/** Nobody but every listener of a test listens to it: what was sent before has arrived when it has. */
const END = 'the.very.end';

const publish = async (backend: Backend, ...names: readonly string[]): Promise<void> => {
  for (const name of names) {
    const channel = backend.bus.channel('event', name);
    await backend.bus.publish(channel, encodeEvent('u', name), PATIENCE);
  }
};

/** Names of events that arrive from now on, as the listener is told and as the event says. */
async function listen(backend: Backend, pattern: string) {
  const heard = new Recorder<string>();
  const stop = await backend.bus.subscribePattern(pattern, (name, message) => {
    for (const { payload } of decodeEvents(message)) {
      expect(payload.toString()).toBe(name);
      heard.record(name);
    }
  });
  return { heard, stop };
}

/** Which of the names each pattern lets through. */
async function sift(backend: Backend, patterns: readonly string[], names: readonly string[]) {
  const listeners = await Promise.all(patterns.map((pattern) => listen(backend, pattern)));
  const all = await listen(backend, '>');
  await publish(backend, ...names, END);
  await all.heard.count(names.length + 1);
  // every listener has its copies before the last one of all, or with it in the same turn
  await new Promise(setImmediate);
  return listeners.map(({ heard }) => heard.all.filter((name) => name !== END));
}

export function describePatterns(open: OpenScene): void {
  describe('patterns of events', () => {
    const names = ['orders', 'orders.paid', 'orders.eu.paid', 'orders.eu.de.paid', 'mails.paid'];

    it('stand for one token, or for all that are left', async () => {
      const { backend } = await open();
      const patterns = ['*', 'orders.*', 'orders.*.paid', '*.paid', '*.*', 'orders.>', '>'];
      const [one, direct, middle, first, two, rest, all] = await sift(backend, patterns, names);
      expect(one).toEqual(['orders']);
      expect(direct).toEqual(['orders.paid']);
      expect(middle).toEqual(['orders.eu.paid']);
      expect(first).toEqual(['orders.paid', 'mails.paid']);
      expect(two).toEqual(['orders.paid', 'mails.paid']);
      expect(rest).toEqual(['orders.paid', 'orders.eu.paid', 'orders.eu.de.paid']);
      expect(all).toEqual(names);
    });

    it('take every other character as it is', async () => {
      const { backend } = await open();
      const strange = [
        'a[b]?.x',
        'ab.x',
        'a[b]c.x',
        'a*c.x',
        'abc.x',
        '\\d.x',
        'd.x',
        '^.x',
        'ü:.x',
      ];
      const patterns = ['a[b]?.*', 'a*c.*', '\\d.*', '^.>', 'ü:.*'];
      expect(await sift(backend, patterns, strange)).toEqual([
        ['a[b]?.x'],
        ['a*c.x'],
        ['\\d.x'],
        ['^.x'],
        ['ü:.x'],
      ]);
    });

    it('overlap with names and each other: every listener hears an event once', async () => {
      const scene = await open();
      const other = await scene.connect();
      const { bus } = scene.backend;
      const exact = new Recorder<string>();
      await bus.subscribe(bus.channel('event', 'a.b'), (message) =>
        exact.record(decodeEvents(message)[0]!.payload.toString()),
      );
      const listeners = await Promise.all([
        ...['a.*', 'a.*', 'a.>', '*.b', '*.*', '>'].map((each) => listen(scene.backend, each)),
        listen(other, 'a.*'),
      ]);
      await publish(other, 'a.b');
      await publish(scene.backend, 'a.b');
      for (const { heard } of listeners) expect(await heard.count(2)).toEqual(['a.b', 'a.b']);
      expect(await exact.count(2)).toEqual(['a.b', 'a.b']);
      await publish(scene.backend, 'a.b');
      for (const { heard } of listeners) expect(await heard.count(3)).toHaveLength(3);
      expect(await exact.count(3)).toHaveLength(3);
    });

    it('end one by one: what others listen to goes on', async () => {
      const { backend } = await open();
      const [star, twin] = [await listen(backend, 'a.*'), await listen(backend, 'a.*')];
      // on Redis the same glob as the others have
      const rest = await listen(backend, 'a.>');
      await publish(backend, 'a.1');
      for (const { heard } of [star, twin, rest]) await heard.count(1);
      star.stop();
      star.stop();
      await publish(backend, 'a.2');
      await twin.heard.count(2);
      twin.stop();
      await publish(backend, 'a.3');
      expect(await rest.heard.count(3)).toEqual(['a.1', 'a.2', 'a.3']);
      rest.stop();
      const last = await listen(backend, 'a.*');
      await publish(backend, 'a.4');
      expect(await last.heard.count(1)).toEqual(['a.4']);
      expect(star.heard.all).toEqual(['a.1']);
      expect(twin.heard.all).toEqual(['a.1', 'a.2']);
      expect(rest.heard.all).toHaveLength(3);
    });

    it('hear of events only, and of their own app only', async () => {
      const scene = await open();
      const [stranger, { heard }] = [await open(), await listen(scene.backend, '>')];
      const { bus } = scene.backend;
      await bus.publish(bus.channel('reply', 'a'), encodeEvent('u', 'a'), PATIENCE);
      await bus.publish(bus.channel('control'), Buffer.from('due 1'), PATIENCE);
      await publish(stranger.backend, 'strange');
      await publish(scene.backend, 'own');
      expect(await heard.count(1)).toEqual(['own']);
    });

    it('can be many', async () => {
      const { backend } = await open();
      const all = Array.from({ length: 300 }, (_, i) => i);
      const listeners = await Promise.all(all.map((i) => listen(backend, `topic-${i}.*.x`)));
      await Promise.all(all.map((i) => publish(backend, `topic-${i}.eu.x`, `topic-${i}.eu.y`)));
      await publish(backend, 'topic-7.us.x');
      for (const i of all) {
        const expected = [`topic-${i}.eu.x`, ...(i === 7 ? ['topic-7.us.x'] : [])];
        expect(await listeners[i]!.heard.count(expected.length)).toEqual(expected);
      }
    });

    it('keep the order of a sender within a name', async () => {
      const scene = await open();
      const seen = new Recorder<string>();
      await scene.backend.bus.subscribePattern('a.*', (_, message) => {
        for (const { payload } of decodeEvents(message)) seen.record(payload.toString());
      });
      const { bus } = await scene.connect();
      const texts = Array.from({ length: 200 }, (_, i) => String(i));
      const channel = bus.channel('event', 'a.b');
      await Promise.all(
        texts.map((text) => bus.publish(channel, encodeEvent(text, text), PATIENCE)),
      );
      expect(await seen.count(200)).toEqual(texts);
    });

    it('do not let a listener that throws disturb the others', async () => {
      const errors = new Recorder<unknown>();
      const { backend } = await open({ onError: errors.record });
      await backend.bus.subscribePattern('a.*', () => {
        throw new Error('a listener failed');
      });
      const { heard } = await listen(backend, 'a.*');
      await publish(backend, 'a.1');
      expect(await heard.count(1)).toEqual(['a.1']);
      expect(await errors.next()).toMatchObject({ message: 'a listener failed' });
    });

    it('are refused by a backend that was closed', async () => {
      const { backend } = await open();
      await backend.close();
      await expect(backend.bus.subscribePattern('a.*', () => undefined)).rejects.toMatchObject({
        code: 'CLOSED',
      });
    });
  });
}
