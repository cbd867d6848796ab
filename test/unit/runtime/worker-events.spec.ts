import { describe, expect, it } from 'vitest';
import { WorkerScene } from './worker-scene.js';

/** Events handled at once, and what may wait behind them. */
const ROOM = 11_000;

describe('Worker with events', () => {
  it('counts in the stats of its instance what its handlers could not take', async () => {
    const scene = await WorkerScene.open();
    const slow = {
      kind: 'event',
      name: 'news.*',
      invoke: () => new Promise(() => undefined),
    } as const;
    const { runtime, log } = await scene.instance([slow], { grace: 0 });
    const other = await scene.instance();
    await runtime.start();
    await other.runtime.connect();
    expect((await runtime.stats()).events).toEqual({ dropped: 0, gaps: 0 });
    for (let n = 0; n < ROOM + 12; n += 1) void other.runtime.sender.publish('news.eu', n);
    await scene.calm();
    expect((await runtime.stats()).events).toEqual({ dropped: 12, gaps: 0 });
    expect((await other.runtime.stats()).events).toEqual({ dropped: 0, gaps: 0 });
    expect(log).toEqual([
      'warn: event handlers do not keep up: 1 events dropped so far',
      'warn: event handlers do not keep up: 10 events dropped so far',
    ]);
  });

  it('refuses names that no event can have', async () => {
    const { runtime } = await (await WorkerScene.open()).instance();
    const invoke = (): void => undefined;
    expect(() => runtime.handle({ kind: 'event', name: 'a.>.b', invoke })).toThrow(
      'the name of an event cannot be "a.>.b"',
    );
    expect(() => runtime.handle({ kind: 'task', name: 'a.*', invoke })).toThrow(
      'the name of a task cannot be "a.*": only handlers of events can have wildcards',
    );
    await expect(runtime.sender.publish('a.*', 1)).rejects.toMatchObject({ code: 'INVALID_NAME' });
  });
});
