import { describe, expect, it, vi } from 'vitest';
import { WorkerScene, Held } from './worker-scene.js';
import { eventually } from '../../support/eventually.js';

const MANY = 400;
const routed = {
  local: false,
  weight: 1,
  heartbeatTtl: 60_000,
  cleanupInterval: 60_000,
  stealAfter: 60_000,
  rebalance: false,
  strategy: 'round_robin',
} as const;
const settings = { grace: 30_000, balancer: routed };

/** One that runs a single task for long with much behind it, and one that ends everything at once. */
async function openPair(scene: WorkerScene) {
  const held = new Held();
  const done: unknown[] = [];
  const places = { queues: { default: { tasks: 1, requests: 1 } } };
  const leaver = await scene.instance([{ kind: 'task', name: 'work', invoke: held.invoke }], {
    ...settings,
    ...places,
  });
  await leaver.runtime.start();
  const other = await scene.instance(
    [{ kind: 'task', name: 'work', invoke: (data) => void done.push(data) }],
    settings,
  );
  await other.runtime.start();
  for (let n = 0; n < MANY; n += 100) {
    const batch = Array.from({ length: 100 }, (_, i) => ({ name: 'work', data: n + i }));
    await leaver.runtime.sender.enqueue(batch);
  }
  await eventually(() => expect(done).toHaveLength(MANY / 2));
  expect(held.started).toHaveLength(1);
  return { leaver, other, held, done };
}

describe('Worker that leaves while its handlers take long', () => {
  it('gives back what waits for it, and is routed nothing more', async () => {
    const scene = await WorkerScene.open();
    const { leaver, other, held, done } = await openPair(scene);
    const drained = leaver.runtime.drain();
    await eventually(() => expect(done).toHaveLength(MANY - 1));
    const tasks = [1, 2, 3, 4].map((n) => ({ name: 'work', data: -n }));
    await other.runtime.sender.enqueue(tasks);
    await eventually(() => expect(done).toHaveLength(MANY + 3));
    expect(held.running.size).toBe(1);

    held.end(held.started[0] as string);
    await drained;
    expect(held.started).toHaveLength(1);
    expect((await other.runtime.stats()).counters).toMatchObject({ done: MANY + 4, lost: 0 });
  });

  it('leaves all the same when the backend refuses to route around it', async () => {
    const scene = await WorkerScene.open();
    const { leaver, other, held, done } = await openPair(scene);
    vi.spyOn(leaver.backend.queue, 'setWeight').mockRejectedValue(new Error('away'));
    const drained = leaver.runtime.drain();
    await scene.calm();
    held.end(held.started[0] as string);
    await drained;

    await eventually(() => expect(done).toHaveLength(MANY - 1));
    expect(leaver.log).toContain('error: Error: away');
    expect((await other.runtime.stats()).consumers).toHaveLength(1);
  });
});
