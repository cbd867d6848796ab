import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BalanceStrategy, RouteMessage, RouteView } from '../../../lib/balancer/index.js';
import type { MembersChange, Verdict } from '../../../lib/backend/index.js';
import type { Handler, Runtime, RuntimeSettings } from '../../../lib/runtime/index.js';
import { BALANCER, type Instance, WorkerScene } from './worker-scene.js';

/** Longer than the shortest time between two looks at the routes, in ms. */
const PAUSE = 60;

/** Sends everything to the instance with that name. */
class ByName implements BalanceStrategy {
  constructor(readonly instanceName: string) {}

  route(_: RouteMessage, { consumers }: RouteView): string | undefined {
    return consumers.find(({ instanceName }) => instanceName === this.instanceName)?.id;
  }
}

describe('a worker with a strategy of its user', () => {
  let scene: WorkerScene;
  /** Which instance ran what. */
  let ran: (readonly [instanceName: string, data: unknown])[];
  let producer: Runtime;

  beforeEach(async () => {
    scene = await WorkerScene.open();
    ran = [];
    // one that does not have the strategy
    producer = (await scene.instance()).runtime;
    await producer.connect();
  });

  const start = async (instanceName: string, parts: Partial<RuntimeSettings>) => {
    const note = (data: unknown): unknown => ran.push([instanceName, data]);
    const handlers: Handler[] = [
      { kind: 'task', name: 'work', invoke: note },
      {
        kind: 'request',
        name: 'ask',
        invoke: (data, _, next) => {
          note(data);
          void next(instanceName);
        },
      },
    ];
    const instance = await scene.instance(handlers, { instanceName, ...parts });
    const settle = vi.spyOn(instance.backend.queue, 'settle');
    await instance.runtime.start();
    await scene.pass(PAUSE);
    const verdicts = (): Verdict['type'][] =>
      settle.mock.calls.map(([, , verdict]) => verdict.type);
    return { ...instance, verdicts };
  };
  const following = (strategy: BalanceStrategy): Partial<RuntimeSettings> => ({
    balancer: { ...BALANCER, strategy },
  });
  const enqueue = async (...data: readonly unknown[]): Promise<void> => {
    await producer.sender.enqueue(data.map((one) => ({ name: 'work', data: one })));
    await scene.calm();
  };
  const ask = async ({ sender }: Runtime, data: unknown): Promise<unknown> => {
    const reply = new Promise((resolve, reject) => {
      sender.request('ask', data, {}, { next: resolve, error: reject, complete: () => undefined });
    });
    await scene.calm();
    return await reply;
  };

  it('forwards what others sent to whoever was free', async () => {
    const first = await start('first', following(new ByName('second')));
    const second = await start('second', following(new ByName('second')));
    await enqueue(1, 2, 3, 4);
    expect(ran.map(([who]) => who)).toEqual(['second', 'second', 'second', 'second']);
    expect(first.verdicts()).toContain('forward');
    expect(second.verdicts()).not.toContain('forward');
    expect((await producer.stats()).counters).toMatchObject({ done: 4, retried: 0, lost: 0 });
  });

  it('forwards requests as well', async () => {
    const first = await start('first', following(new ByName('second')));
    await start('second', following(new ByName('second')));
    for (let n = 0; n < 4; n += 1) expect(await ask(producer, n)).toBe('second');
    expect(first.verdicts()).toContain('forward');
  });

  it('routes what it sends itself: nothing is forwarded', async () => {
    const first = await start('first', following(new ByName('second')));
    await start('second', following(new ByName('second')));
    expect(await ask(first.runtime, 0)).toBe('second');
    const before = first.verdicts().length;
    for (let n = 1; n < 5; n += 1) expect(await ask(first.runtime, n)).toBe('second');
    expect(first.verdicts()).toHaveLength(before);
  });

  it('runs what was routed to it, whatever its own strategy says', async () => {
    const first = await start('first', following(new ByName('second')));
    const second = await start('second', following(new ByName('first')));
    await enqueue(1, 2, 3, 4);
    expect(new Set(ran.map(([, data]) => data))).toEqual(new Set([1, 2, 3, 4]));
    expect(ran).toHaveLength(4);
    const verdicts = [...first.verdicts(), ...second.verdicts()];
    expect(verdicts.filter((type) => type === 'forward')).toHaveLength(4);
  });

  it('runs what was forwarded in vain, and does not forward it again', async () => {
    const first = await start('first', following(new ByName('second')));
    const second = await start('second', following(new ByName('second')));
    // it looks at the members, and does not look again at once when one of them leaves
    await producer.setWeight(String(second.runtime.consumerId), 2);
    await scene.calm();
    await second.runtime.drain();
    await enqueue(1);
    expect(ran).toEqual([['first', 1]]);
    expect(first.verdicts()).toEqual(['forward', 'done']);
  });

  it('runs what its strategy gives to nobody, or fails at', async () => {
    const broken: BalanceStrategy = {
      route: ({ id }) => {
        if (id.startsWith('ask')) throw new Error('no idea');
        return undefined;
      },
    };
    const { log } = await start('first', following(broken));
    await enqueue(1);
    expect(await ask(producer, 2)).toBe('first');
    expect(ran).toEqual([
      ['first', 1],
      ['first', 2],
    ]);
    expect(log).toContain('error: Error: no idea');
  });

  it('takes the one that the app provides where the settings name none', async () => {
    const provide = async (instanceName: string): Promise<Instance> => {
      const invoke = (data: unknown): unknown => ran.push([instanceName, data]);
      const instance = await scene.instance([{ kind: 'task', name: 'work', invoke }], {
        instanceName,
      });
      const strategy = new ByName('second');
      instance.runtime.provideStrategy(strategy);
      expect(instance.runtime.strategy).toBe(strategy);
      await instance.runtime.start();
      await scene.pass(PAUSE);
      return instance;
    };
    await provide('first');
    await provide('second');
    await enqueue(1, 2, 3);
    expect(ran.map(([who]) => who)).toEqual(['second', 'second', 'second']);
  });

  it('does not start where others follow another rule', async () => {
    await start('first', following(new ByName('second')));
    const other = start('second', { balancer: { ...BALANCER, strategy: 'weighted' } });
    await expect(other).rejects.toThrow(
      /follows custom:ByName@local here, this instance wants weighted/,
    );
    expect((await producer.stats()).consumers).toHaveLength(1);
  });

  describe('tells of the membership', () => {
    const listen = (runtime: Runtime): string[] => {
      const told: string[] = [];
      runtime.on('members', ({ change, weight }: MembersChange) =>
        told.push(`${change} ${weight}`),
      );
      return told;
    };

    it('from the moment on that somebody listens, connected or not', async () => {
      const { runtime } = await scene.instance();
      const early = listen(runtime);
      await runtime.connect();
      const late = listen(producer);
      await scene.calm();
      const { runtime: worker } = await start('first', {});
      await producer.setWeight(String(worker.consumerId), 4);
      await producer.setWeight(String(worker.consumerId), 4);
      await worker.drain();
      await scene.calm();
      // who leaves is drained first
      expect(early).toEqual(['joined 1', 'weight 4', 'weight 0', 'left 0']);
      expect(late).toEqual(early);
    });
  });
});
