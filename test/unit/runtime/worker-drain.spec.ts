import { beforeEach, describe, expect, it } from 'vitest';
import type { QueuePort } from '../../../lib/backend/index.js';
import type { Handler, Runtime } from '../../../lib/runtime/index.js';
import { request } from '../../conformance/messages.js';
import { GRACE, Held, WorkerScene } from './worker-scene.js';

/** How long results may still be delivered after the grace time, in ms. */
const FLUSH = 2_000;

describe('Worker that drains', () => {
  let scene: WorkerScene;
  let held: Held;
  let work: Handler;

  beforeEach(async () => {
    scene = await WorkerScene.open();
    held = new Held();
    work = { kind: 'task', name: 'work', invoke: held.invoke };
  });

  const enqueue = async ({ sender }: Runtime, data: unknown) => {
    await sender.enqueue([{ name: 'work', data }]);
    await scene.calm();
  };

  it('waits for what runs and takes nothing new', async () => {
    const { runtime } = await scene.instance([work]);
    await runtime.start();
    await enqueue(runtime, 1);
    let drained = false;
    const draining = runtime.drain().then(() => (drained = true));
    await enqueue(runtime, 2);
    expect([held.started, drained, (await runtime.health()).status]).toEqual([
      ['1'],
      false,
      'draining',
    ]);
    held.end('1');
    await draining;
    const stats = await runtime.stats();
    expect([stats.counters.done, stats.unclaimed, stats.consumers]).toEqual([1, 1, []]);
  });

  it('gives tasks back when the grace time is over, as if they had never been handed over', async () => {
    const { runtime } = await scene.instance([work]);
    await runtime.start();
    await enqueue(runtime, 1);
    const draining = runtime.drain();
    await scene.calm();
    await scene.pass(GRACE - 1);
    expect(held.signals.get('1')?.aborted).toBe(false);
    await scene.pass(1);
    await draining;
    expect(held.signals.get('1')?.reason).toMatchObject({ code: 'CANCELLED' });
    const other = await scene.instance([work]);
    await other.runtime.start();
    await scene.calm();
    expect(held.started).toEqual(['1', '1']);
    const { counters } = await runtime.stats();
    expect(counters).toMatchObject({ done: 0, lost: 0, retried: 0, dead: 0 });
    expect(scene.site.clock.pending).toBeLessThan(5);
  });

  it('answers requests that still run SERVER_LOST, and gives back those that did not start', async () => {
    const { runtime, backend } = await scene.instance([
      { kind: 'request', name: 'ask', invoke: held.invoke },
    ]);
    await runtime.start();
    const caller = await scene.instance();
    await caller.runtime.connect();
    const said: unknown[] = [];
    const observer = {
      next: () => void said.push('next'),
      error: (error: Error) => said.push(error),
      complete: () => said.push('complete'),
    };
    caller.runtime.sender.request('ask', 1, {}, observer);
    await scene.calm();
    expect(held.started).toEqual(['1']);
    const draining = runtime.drain();
    await scene.calm();
    await scene.pass(GRACE);
    await draining;
    await scene.calm();
    expect(said).toMatchObject([{ code: 'SERVER_LOST', outcome: 'unknown' }]);
    expect(held.signals.get('1')?.aborted).toBe(true);
    const nobody = backend.queue.add([request('ask')]);
    await expect(nobody).rejects.toMatchObject({ code: 'NO_HANDLER' });
    await caller.runtime.close();
  });

  it('gives up results that cannot be delivered, and says so', async () => {
    const { runtime, backend, log } = await scene.instance([work]);
    await runtime.start();
    await enqueue(runtime, 1);
    const giveUp: QueuePort['settle'] = (_, __, ___, abandon) =>
      new Promise((_, reject) => {
        abandon?.addEventListener('abort', () => reject(new Error('given up')));
      });
    backend.queue.settle = giveUp;
    held.end('1');
    await scene.calm();
    let drained = false;
    const draining = runtime.drain().then(() => (drained = true));
    await scene.calm();
    await scene.pass(GRACE);
    await scene.pass(FLUSH - 1);
    expect([drained, log]).toEqual([false, []]);
    await scene.pass(1);
    await draining;
    expect(log).toEqual(['error: Error: given up']);
  });

  it('is safe to repeat, before the start as well', async () => {
    const { runtime } = await scene.instance([work]);
    await runtime.drain();
    await expect(runtime.start()).rejects.toMatchObject({ code: 'CLOSED' });
    const other = await scene.instance([work]);
    await other.runtime.start();
    await Promise.all([other.runtime.drain(), other.runtime.drain(), other.runtime.close()]);
    expect(other.runtime.consumerId).toBeUndefined();
  });
});
