import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Beat } from '../../../lib/backend/index.js';
import type { Handler, Runtime, RuntimeSettings } from '../../../lib/runtime/index.js';
import { BALANCER, Held, type Instance, TTL, WorkerScene } from './worker-scene.js';

const REJOIN = 500;
const STEAL_AFTER = 1_000;

describe('a worker with a weight', () => {
  let scene: WorkerScene;
  let held: Held;
  let work: Handler;
  let sender: Runtime;

  beforeEach(async () => {
    scene = await WorkerScene.open();
    held = new Held();
    work = { kind: 'task', name: 'work', invoke: held.invoke };
    sender = (await scene.instance()).runtime;
    await sender.connect();
  });

  /** Tasks in turn to all instances, one place in each. */
  const inTurn = (parts: Partial<typeof BALANCER> = {}, places = 1): Partial<RuntimeSettings> => ({
    queues: { default: { tasks: places, requests: places } },
    balancer: { ...BALANCER, strategy: 'round_robin', ...parts },
  });
  const start = async (parts: Partial<RuntimeSettings> = {}, handlers = [work]) => {
    const instance = await scene.instance(handlers, parts);
    await instance.runtime.start();
    await scene.calm();
    return instance;
  };
  const enqueue = async (...data: readonly unknown[]): Promise<void> => {
    await sender.sender.enqueue(data.map((one) => ({ name: 'work', data: one })));
    await scene.calm();
  };
  const setWeight = async ({ runtime }: Instance, weight: number): Promise<void> => {
    expect(await sender.setWeight(String(runtime.consumerId), weight)).toBe(true);
    await scene.calm();
  };
  const weights = async (): Promise<number[]> =>
    (await sender.stats()).consumers.map(({ weight }) => weight);
  const end = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) held.end(name);
    await scene.calm();
  };

  it('joins with that of its settings', async () => {
    await start({ balancer: { ...BALANCER, weight: 7 } });
    expect(await weights()).toEqual([7]);
  });

  it('of 0 takes nothing from its first moment on, until it gets another', async () => {
    await enqueue(1, 2);
    const instance = await start({ balancer: { ...BALANCER, weight: 0 } });
    await enqueue(3);
    expect([held.started, await weights()]).toEqual([[], [0]]);
    await setWeight(instance, 1);
    expect(held.started).toEqual(['1', '2', '3']);
  });

  it('of 0 finishes what was routed to it, and takes nothing else', async () => {
    const instance = await start(inTurn());
    await enqueue(1, 2, 3);
    expect(held.started).toEqual(['1']);
    await setWeight(instance, 0);
    await enqueue(4);
    await end('1');
    await end('2');
    await end('3');
    expect(held.started).toEqual(['1', '2', '3']);
    expect((await sender.stats()).names).toMatchObject([{ name: 'work', waiting: 1, running: 0 }]);
    await setWeight(instance, 2);
    expect(held.started).toEqual(['1', '2', '3', '4']);
  });

  it('leaves new work to others while it is 0', async () => {
    const [first, second] = [await start(inTurn({}, 10)), await start(inTurn({}, 10))];
    await setWeight(first, 0);
    await enqueue(1, 2, 3, 4);
    const { consumers } = await sender.stats();
    const inFlight = consumers.map(({ id, inFlight }) => [id, inFlight]);
    expect(Object.fromEntries(inFlight)).toEqual({
      [String(first.runtime.consumerId)]: 0,
      [String(second.runtime.consumerId)]: 4,
    });
  });

  it('learns of a change by its next beat, if it did not hear of it', async () => {
    const { backend } = await start();
    const beat = vi.spyOn(backend.queue, 'beat');
    const answer = (weight: number): unknown =>
      beat.mockImplementationOnce(() =>
        Promise.resolve({
          status: 'alive',
          lost: [],
          now: scene.site.clock.now(),
          expired: [],
          leader: false,
          weight,
        }),
      );
    answer(0);
    await scene.pass(TTL / 3);
    await enqueue(1);
    expect(held.started).toEqual([]);
    answer(1);
    await scene.pass(TTL / 3);
    expect(held.started).toEqual(['1']);
  });

  it('is not undone by a beat that left before the change', async () => {
    const instance = await start();
    const { queue } = instance.backend;
    const alive = { status: 'alive', lost: [], expired: [], leader: false } as const;
    const answers: (() => void)[] = [];
    const late = (weight: number) => () =>
      new Promise<Beat>((resolve) => {
        answers.push(() => resolve({ ...alive, now: scene.site.clock.now(), weight }));
      });
    vi.spyOn(queue, 'beat').mockImplementationOnce(late(1)).mockImplementationOnce(late(0));
    await scene.pass(TTL / 3);
    await scene.pass(1);
    await setWeight(instance, 0);
    await enqueue(1);
    answers.shift()!();
    await scene.calm();
    expect([answers.length, held.started]).toEqual([1, []]);
  });

  it.each([0, 5])('of %d is kept when it joins again after an eviction', async (weight) => {
    const instance = await start();
    await setWeight(instance, weight);
    const first = String(instance.runtime.consumerId);
    vi.spyOn(instance.backend.queue, 'join').mockRejectedValueOnce(new Error('no link'));
    await instance.backend.queue.evict(first, { leaving: true, lostLimit: 9 });
    await enqueue(1);
    await scene.pass(TTL / 3);
    await scene.pass(REJOIN);
    expect(instance.runtime.consumerId).not.toBe(first);
    expect([await weights(), held.started]).toEqual([[weight], weight === 0 ? [] : ['1']]);
  });

  it('is that of a member only', async () => {
    await start();
    expect(await sender.setWeight('nobody', 5)).toBe(false);
    expect(await weights()).toEqual([1]);
  });

  describe('beside others that have more to do', () => {
    const waiting = async (): Promise<number[]> =>
      (await sender.stats()).consumers.map((consumer) => consumer.waiting);

    it('takes its share of what waits when it joins, if it is told to', async () => {
      await start(inTurn());
      await enqueue(1, 2, 3, 4, 5, 6, 7, 8, 9);
      expect(await waiting()).toEqual([8]);
      await start(inTurn({ rebalance: true }, 10));
      await scene.calm();
      expect([held.started, await waiting()]).toEqual([
        ['1', '6', '7', '8', '9'],
        [4, 0],
      ]);
    });

    it('takes no share if it is not told to, or if it is drained', async () => {
      await start(inTurn());
      await enqueue(1, 2, 3, 4, 5);
      await start(inTurn({}, 10));
      await start(inTurn({ rebalance: true, weight: 0 }, 10));
      expect(held.started).toEqual(['1']);
    });

    it('takes what an instance has left unread for too long', async () => {
      await start(inTurn());
      await enqueue(1, 2, 3);
      await start(inTurn({ stealAfter: STEAL_AFTER }, 10));
      await scene.pass(STEAL_AFTER / 2);
      expect(held.started).toEqual(['1']);
      await scene.pass(STEAL_AFTER / 2);
      expect(held.started).toEqual(['1', '2', '3']);
    });

    it('takes nothing of others while it is drained, or has left', async () => {
      await start(inTurn());
      await enqueue(1, 2, 3);
      await start(inTurn({ stealAfter: STEAL_AFTER, weight: 0 }, 10));
      const leaver = await start(inTurn({ stealAfter: STEAL_AFTER }, 10));
      await leaver.runtime.drain();
      for (let i = 0; i < 4; i += 1) await scene.pass(STEAL_AFTER / 2);
      expect(held.started).toEqual(['1']);
    });
  });
});
