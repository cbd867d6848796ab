import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Handler, Runtime } from '../../../lib/runtime/index.js';
import { request, task } from '../../conformance/messages.js';
import { Held, TTL, WorkerScene } from './worker-scene.js';

const REJOIN = 500;

describe('Worker', () => {
  let scene: WorkerScene;
  let held: Held;
  let work: Handler;

  beforeEach(async () => {
    scene = await WorkerScene.open();
    held = new Held();
    work = { kind: 'task', name: 'work', invoke: held.invoke };
  });

  const enqueue = async ({ sender }: Runtime, ...data: readonly unknown[]) => {
    const added = await sender.enqueue(data.map((one) => ({ name: 'work', data: one })));
    await scene.calm();
    return added.map(({ id }) => id);
  };
  const counters = async () => {
    const { runtime } = await scene.instance();
    await runtime.connect();
    return (await runtime.stats()).counters;
  };

  describe('with a task that was lost twice', () => {
    const suspect = (payload: string) => task('work', { payload, lost: 2 });
    const harmless = (payload: string) => task('work', { payload });

    it('lets it run alone: what runs ends first, and nothing starts beside it', async () => {
      const { runtime, backend } = await scene.instance([work]);
      await runtime.start();
      await backend.queue.add([harmless('1')]);
      await scene.calm();
      await backend.queue.add([suspect('2')]);
      await scene.calm();
      await backend.queue.add([harmless('3')]);
      await scene.calm();
      expect(held.started).toEqual(['1']);
      held.end('1');
      await scene.calm();
      expect([...held.running]).toEqual(['2']);
      held.end('2');
      await scene.calm();
      expect([...held.running]).toEqual(['3']);
      expect(held.company).toEqual([['1'], ['2'], ['3']]);
    });

    it('lets it run alone also when it comes first of many, or beside a read under way', async () => {
      const { runtime, backend } = await scene.instance([work]);
      await runtime.start();
      await backend.queue.add([suspect('1'), harmless('2'), harmless('3')]);
      await scene.calm();
      await backend.queue.add([harmless('4'), suspect('5')]);
      await scene.calm();
      const done = new Set<string>();
      while (done.size < 5) {
        expect(held.running.size).toBeGreaterThan(0);
        for (const name of [...held.running]) {
          held.end(name);
          done.add(name);
        }
        await scene.calm();
      }
      for (const name of ['1', '5']) {
        expect(held.company.filter((names) => names.includes(name))).toEqual([[name]]);
      }
      expect((await counters()).done).toBe(5);
    });

    it('holds nothing else meanwhile: an innocent task must not be lost with it', async () => {
      const { runtime, backend } = await scene.instance([work]);
      await runtime.start();
      await backend.queue.add([suspect('1'), suspect('2'), harmless('3')]);
      await scene.calm();
      expect([...held.running]).toEqual(['1']);
      const { names } = await runtime.stats();
      expect(names).toMatchObject([{ name: 'work', running: 1, waiting: 2 }]);
    });
  });

  describe('that loses a lease', () => {
    it('aborts the signal, forgets the task, and never settles it', async () => {
      const { runtime, backend, log } = await scene.instance([work]);
      await runtime.start();
      await enqueue(runtime, 1);
      const settle = vi.spyOn(backend.queue, 'settle');
      vi.spyOn(backend.queue, 'beat').mockImplementationOnce((_, leases) =>
        Promise.resolve({
          status: 'alive',
          lost: [...leases],
          now: scene.site.clock.now(),
          expired: [],
          leader: false,
          weight: 1,
        }),
      );
      await scene.pass(TTL / 3);
      expect(held.signals.get('1')?.reason).toMatchObject({
        code: 'CANCELLED',
        message: expect.stringMatching(/^the lease of "work:.*" was lost$/) as string,
      });
      held.end('1');
      await scene.calm();
      expect(settle).not.toHaveBeenCalled();
      expect(log).toEqual([]);
    });

    it('joins again under a new name after an eviction, and gets the task again', async () => {
      const { runtime, backend, log } = await scene.instance([work]);
      const told: unknown[] = [];
      runtime.on('joined', (event) => told.push(['joined', event.consumer]));
      runtime.on('evicted', (event) => told.push(['evicted', event.consumer]));
      await runtime.start();
      await enqueue(runtime, 1);
      const first = runtime.consumerId;
      vi.spyOn(backend.queue, 'join').mockRejectedValueOnce(new Error('no link'));
      await backend.queue.evict(first!, { leaving: true, lostLimit: 9 });
      await scene.pass(TTL / 3);
      expect(held.signals.get('1')?.reason).toMatchObject({ code: 'CANCELLED' });
      expect([runtime.consumerId, held.started]).toEqual([undefined, ['1']]);
      await scene.pass(REJOIN);
      expect(held.started).toEqual(['1', '1']);
      const second = runtime.consumerId;
      expect(told).toEqual([
        ['joined', first],
        ['evicted', first],
        ['joined', second],
      ]);
      expect(second).not.toBe(first);
      expect(log).toEqual([
        `warn: ${first} was evicted; its work went to others, it joins again`,
        'error: Error: no link',
      ]);
    });

    it('starts no handler while it cannot know whether the lease is its own', async () => {
      const { runtime, backend } = await scene.instance([work]);
      await runtime.start();
      const beat = vi.spyOn(backend.queue, 'beat').mockRejectedValue(new Error('no link'));
      await scene.pass(TTL * 0.9);
      await enqueue(runtime, 1);
      expect([held.started, (await runtime.health()).consuming]).toEqual([[], false]);
      beat.mockRestore();
      await scene.pass(500);
      expect([held.started, (await runtime.health()).status]).toEqual([['1'], 'up']);
    });
  });

  it('may be started again after a failure: events still come once', async () => {
    const seen: unknown[] = [];
    const { runtime, backend } = await scene.instance([
      work,
      { kind: 'event', name: 'seen', invoke: (data) => seen.push(data) },
    ]);
    vi.spyOn(backend.queue, 'join').mockRejectedValueOnce(new Error('no link'));
    await expect(runtime.start()).rejects.toThrow('no link');
    await runtime.start();
    await runtime.sender.publish('seen', 1);
    await scene.calm();
    expect(seen).toEqual([1]);
  });

  it('stops a running task that is cancelled, and never runs it again', async () => {
    const { runtime } = await scene.instance([
      {
        kind: 'task',
        name: 'work',
        invoke: async (input, context) => {
          await held.invoke(input, context);
          throw new Error('stopped half way');
        },
      },
    ]);
    await runtime.start();
    const [id] = await enqueue(runtime, 1, 2);
    expect(await runtime.sender.cancel(id!)).toBe('signalled');
    await scene.calm();
    expect(held.signals.get('1')?.reason).toMatchObject({
      code: 'CANCELLED',
      message: `the task "${id}" was cancelled`,
    });
    expect(held.signals.get('2')?.aborted).toBe(false);
    held.end('1');
    await scene.pass(60_000);
    expect(held.started).toEqual(['1', '2']);
    expect((await runtime.stats()).counters).toMatchObject({ done: 1, retried: 0 });
  });

  it('evicts who gives no sign of life, and says so', async () => {
    const dead = await scene.instance([work]);
    await dead.runtime.start();
    await enqueue(dead.runtime, 1);
    const lost = dead.runtime.consumerId;
    vi.spyOn(dead.backend.queue, 'beat').mockReturnValue(new Promise(() => undefined));
    const alive = await scene.instance([work]);
    await alive.runtime.start();
    for (let i = 0; i < 4; i += 1) await scene.pass(TTL / 3);
    expect(held.started).toEqual(['1', '1']);
    expect(alive.log).toEqual([`warn: evicted ${lost}: no sign of life; its work is placed again`]);
  });

  it('does not start a request whose caller waits no longer', async () => {
    const { runtime, backend } = await scene.instance([
      { kind: 'request', name: 'ask', concurrency: 1, invoke: held.invoke },
    ]);
    await runtime.start();
    await backend.queue.add([request('ask', { payload: '1', ttl: 9_000 })]);
    await backend.queue.add([request('ask', { payload: '2', ttl: 100 })]);
    await scene.calm();
    await scene.pass(100);
    held.end('1');
    await scene.calm();
    expect(held.started).toEqual(['1']);
    expect((await runtime.stats()).counters).toMatchObject({ done: 1, expired: 1 });
  });

  it('runs a delayed task when it is due', async () => {
    const { runtime } = await scene.instance([work]);
    await runtime.start();
    await runtime.sender.enqueue([{ name: 'work', data: 1, options: { delay: 700 } }]);
    await scene.calm();
    await scene.pass(699);
    expect(held.started).toEqual([]);
    await scene.pass(1);
    expect(held.started).toEqual(['1']);
  });
});
