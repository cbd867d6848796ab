import { beforeEach, describe, expect, it } from 'vitest';
import type { QueuePort, TakeOver } from '../../../lib/backend/index.js';
import { HandlerRegistry } from '../../../lib/runtime/handler-registry.js';
import { Pools } from '../../../lib/runtime/pools.js';
import { Relief } from '../../../lib/runtime/relief.js';
import type { RuntimeSettings } from '../../../lib/runtime/settings.js';
import { ManualClock } from '../../support/manual-clock.js';

const STEAL_AFTER = 1_000;
/** Between two looks, in ms. */
const STEP = STEAL_AFTER / 2;

describe('Relief', () => {
  let clock: ManualClock;
  let pools: Pools;
  let relief: Relief;
  let calls: (readonly [consumer: string, group: string, from: TakeOver])[];
  let errors: unknown[];
  /** What `takeOver` answers next. */
  let answer: () => Promise<number>;

  const open = (stealAfter = STEAL_AFTER): Relief => {
    const queue: Pick<QueuePort, 'takeOver'> = {
      takeOver: async (...args) => {
        calls.push(args);
        return await answer();
      },
    };
    const onError = (error: unknown): unknown => errors.push(error);
    return new Relief({ queue: queue as QueuePort, clock, pools, stealAfter, onError });
  };

  beforeEach(() => {
    clock = new ManualClock();
    [calls, errors] = [[], []];
    answer = () => Promise.resolve(0);
    const registry = new HandlerRegistry('service');
    const invoke = (): void => undefined;
    registry.add({ kind: 'task', name: 'mail', invoke });
    registry.add({ kind: 'task', name: 'render', concurrency: 2, invoke });
    registry.add({ kind: 'request', name: 'ask', invoke });
    const queues = { default: { tasks: 4, requests: 3 } };
    pools = new Pools({ queues } as unknown as RuntimeSettings, registry);
    relief = open();
  });

  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    for (let i = 0; i < 4; i += 1) await new Promise(setImmediate);
  };
  const from = (count: number): TakeOver => ({ share: false, olderThan: STEAL_AFTER, count });

  it('looks for stuck work of every group, for as much as there is room for', async () => {
    relief.start('me');
    await pass(STEP - 1);
    expect(calls).toEqual([]);
    await pass(1);
    expect(calls).toEqual([
      ['me', 't:default', from(4)],
      ['me', 't:default/render', from(2)],
      ['me', 'r:default', from(3)],
    ]);
    await pass(STEP);
    expect(calls).toHaveLength(6);
  });

  it('takes over nothing where it is busy itself', async () => {
    relief.start('me');
    const { slots } = pools.of('t:mail');
    slots.take('t:mail');
    slots.take('t:mail');
    await pass(STEP);
    expect(calls[0]).toEqual(['me', 't:default', from(2)]);
    calls = [];
    slots.take('t:mail');
    await pass(STEP);
    expect(calls).toEqual([['me', 'r:default', from(3)]]);
  });

  it('takes over nothing of a name whose own bound is reached', async () => {
    relief.start('me');
    const { slots } = pools.of('t:render');
    slots.take('t:render');
    await pass(STEP);
    expect(calls).toContainEqual(['me', 't:default/render', from(1)]);
    calls = [];
    slots.take('t:render');
    await pass(STEP);
    expect(calls.map(([, group]) => group)).toEqual(['t:default', 'r:default']);
  });

  it('takes over nothing while reading rests', async () => {
    relief.start('me');
    for (const { slots } of pools.all) slots.pause();
    await pass(STEP);
    expect(calls).toEqual([]);
    for (const { slots } of pools.all) slots.resume();
    await pass(STEP);
    expect(calls).toHaveLength(3);
  });

  it('waits for one look before the next', async () => {
    relief.start('me');
    let answered: (moved: number) => void = () => undefined;
    answer = () => new Promise((resolve) => (answered = resolve));
    await pass(STEP * 10);
    expect(calls).toHaveLength(1);
    answer = () => Promise.resolve(0);
    answered(0);
    await pass(0);
    expect(calls).toHaveLength(3);
    await pass(STEP);
    expect(calls).toHaveLength(6);
  });

  it('goes on for the consumer it was started for last, and stops', async () => {
    relief.start('me');
    await pass(STEP - 1);
    relief.start('me again');
    await pass(1);
    expect(calls).toEqual([]);
    await pass(STEP - 1);
    expect(calls.map(([consumer]) => consumer)).toEqual(['me again', 'me again', 'me again']);
    relief.stop();
    await pass(STEP * 10);
    expect([calls.length, clock.pending]).toEqual([3, 0]);
  });

  it('stops in the middle of a look', async () => {
    relief.start('me');
    let answered: (moved: number) => void = () => undefined;
    answer = () => new Promise((resolve) => (answered = resolve));
    await pass(STEP);
    relief.stop();
    answer = () => Promise.resolve(0);
    answered(0);
    await pass(STEP * 10);
    expect([calls.length, clock.pending]).toEqual([1, 0]);
  });

  it('looks at most twenty times a second', async () => {
    relief = open(10);
    relief.start('me');
    await pass(49);
    expect(calls).toEqual([]);
    await pass(1);
    expect(calls).toHaveLength(3);
  });

  it('takes its share of every group until nothing more comes', async () => {
    const moved = [128, 128, 3, 0, 0, 5, 0];
    answer = () => Promise.resolve(moved.shift() ?? -1);
    await relief.share('me');
    const groups = ['t:default', 't:default', 't:default', 't:default', 't:default/render'];
    expect(calls).toEqual(
      [...groups, 'r:default', 'r:default'].map((group) => ['me', group, { share: true }]),
    );
  });

  it('reports what fails, and goes on', async () => {
    const failure = new Error('no link');
    answer = () => Promise.reject(failure);
    await relief.share('me');
    expect([calls.length, errors]).toEqual([3, [failure, failure, failure]]);
    relief.start('me');
    await pass(STEP);
    await pass(STEP);
    expect([calls.length, errors.length]).toEqual([9, 9]);
  });
});
