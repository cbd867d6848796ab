import { describe, expect, it, vi } from 'vitest';
import { Held, TTL, WorkerScene } from './worker-scene.js';

describe('the health of an instance', () => {
  it('tells what waits for it and since when', async () => {
    const scene = await WorkerScene.open();
    const held = new Held();
    const { runtime } = await scene.instance(
      [{ kind: 'task', name: 'work', invoke: held.invoke }],
      { queues: { default: { tasks: 1, requests: 1 } } },
    );
    await runtime.start();
    expect(await runtime.health()).toEqual({
      status: 'up',
      live: true,
      ready: true,
      link: 'up',
      consuming: true,
      sinceBeat: 0,
      waiting: 0,
    });
    await runtime.sender.enqueue([1, 2, 3].map((data) => ({ name: 'work', data })));
    await scene.pass(700);
    const health = await runtime.health();
    expect(health).toMatchObject({ status: 'up', waiting: 2, sinceBeat: 700 });
    expect(health.oldest).toBeGreaterThanOrEqual(700);
  });

  it('of one that only sends is that of its connection', async () => {
    const scene = await WorkerScene.open();
    const { runtime } = await scene.instance();
    await runtime.connect();
    expect(await runtime.health()).toEqual({
      status: 'up',
      live: true,
      ready: true,
      link: 'up',
      consuming: true,
    });
  });

  it('is not ready, and live, while its beats do not arrive and while it drains', async () => {
    const scene = await WorkerScene.open();
    const held = new Held();
    const { runtime, backend } = await scene.instance([
      { kind: 'task', name: 'work', invoke: held.invoke },
    ]);
    await runtime.start();
    const beat = vi.spyOn(backend.queue, 'beat').mockRejectedValue(new Error('away'));
    await scene.pass(TTL);
    expect(await runtime.health()).toMatchObject({
      status: 'down',
      live: true,
      ready: false,
      consuming: false,
      reason: 'this instance is no member now',
    });
    beat.mockRestore();
    await scene.pass(TTL / 3);
    expect(await runtime.health()).toMatchObject({ status: 'up', ready: true });
    await runtime.sender.enqueue([{ name: 'work', data: 'long' }]);
    await scene.calm();
    const draining = runtime.drain();
    expect(await runtime.health()).toMatchObject({ status: 'draining', live: true, ready: false });
    held.end('long');
    await draining;
    await runtime.close();
    expect(await runtime.health()).toMatchObject({ live: false, ready: false });
  });

  it('does not wait for a backend that is silent', async () => {
    const scene = await WorkerScene.open();
    const { runtime, backend } = await scene.instance();
    await runtime.connect();
    vi.spyOn(backend.inspector, 'ping').mockReturnValue(new Promise(() => undefined));
    const asking = runtime.health();
    await scene.pass(2_000);
    expect(await asking).toMatchObject({
      status: 'down',
      live: true,
      ready: false,
      reason: 'the backend gave no answer within 2000 ms',
    });
  });

  it('is not live when a loop that reads has ended by a failure', async () => {
    const scene = await WorkerScene.open();
    const { runtime, backend, log } = await scene.instance([
      { kind: 'task', name: 'work', invoke: () => undefined },
    ]);
    const { queue } = backend;
    const reader = queue.reader.bind(queue);
    vi.spyOn(queue, 'reader').mockImplementation((...args) => {
      const made = reader(...args);
      // what no port may do
      vi.spyOn(made, 'fetch').mockResolvedValue(undefined as never);
      return made;
    });
    await runtime.start();
    await scene.calm();
    expect(await runtime.health()).toMatchObject({
      status: 'down',
      live: false,
      consuming: false,
      reason: 'a loop that reads messages has ended',
    });
    expect(log.some((line) => line.startsWith('error: TypeError'))).toBe(true);
  });
});
