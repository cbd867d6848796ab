import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { QueuePort } from '../../../lib/backend/index.js';
import { DelayedTimer } from '../../../lib/runtime/delayed-timer.js';
import { ServerClock } from '../../../lib/runtime/server-clock.js';
import { ManualClock } from '../../support/manual-clock.js';

/** How much later a backup looks, in ms. */
const BACKUP = { min: 250, max: 1_000 };
const RETRY = 500;

describe('DelayedTimer', () => {
  let clock: ManualClock;
  let timer: DelayedTimer;
  let promoted: number[];
  let errors: unknown[];
  /** What `promote` answers next. */
  let promote: () => Promise<number | undefined>;

  beforeEach(() => {
    clock = new ManualClock(0);
    [promoted, errors] = [[], []];
    promote = () => Promise.resolve(undefined);
    const queue: Pick<QueuePort, 'promote'> = {
      promote: async () => {
        promoted.push(clock.now());
        const nextDue = await promote();
        return { now: clock.now(), ...(nextDue === undefined ? {} : { nextDue }) };
      },
    };
    timer = new DelayedTimer({
      queue: queue as QueuePort,
      clock,
      server: new ServerClock(clock),
      onError: (error) => errors.push(error),
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await new Promise(setImmediate);
  };

  it('is exact when it leads', async () => {
    timer.next(1_000, true);
    await pass(999);
    expect(promoted).toEqual([]);
    await pass(1);
    expect(promoted).toEqual([1_000]);
    expect(clock.pending).toBe(0);
  });

  it('goes on with what is due next', async () => {
    const dues = [1_500, 1_501, undefined];
    promote = () => Promise.resolve(dues.shift());
    timer.next(1_000, true);
    for (const ms of [1_000, 500, 1, 60_000]) await pass(ms);
    expect(promoted).toEqual([1_000, 1_500, 1_501]);
  });

  it('does at once what is overdue', async () => {
    clock.advance(5_000);
    timer.next(1_000, true);
    await pass(0);
    expect(promoted).toEqual([5_000]);
  });

  it.each([0, 0.5, 0.999])('comes later when it does not lead', async (random) => {
    vi.spyOn(Math, 'random').mockReturnValue(random);
    timer.next(1_000, false);
    await pass(1_000 + BACKUP.min - 1);
    expect(promoted).toEqual([]);
    await pass(BACKUP.max - BACKUP.min + 1);
    expect(promoted).toHaveLength(1);
  });

  it('becomes exact when it starts to lead, and a backup when it stops', async () => {
    timer.next(1_000);
    timer.next(1_000, true);
    await pass(1_000);
    expect(promoted).toEqual([1_000]);
    timer.next(2_000, true);
    timer.next(2_000, false);
    await pass(1_000 + BACKUP.min - 1);
    expect(promoted).toHaveLength(1);
    await pass(BACKUP.max);
    expect(promoted).toHaveLength(2);
  });

  it('keeps one timer, and none when nothing waits', async () => {
    timer.next(1_000, true);
    timer.next(3_000, true);
    timer.next(3_000, true);
    expect(clock.pending).toBe(1);
    await pass(2_999);
    expect(promoted).toEqual([]);
    timer.next(undefined, true);
    expect(clock.pending).toBe(0);
  });

  it('hears of an earlier one, and not of a later one', async () => {
    timer.next(2_000, true);
    timer.hear(3_000);
    timer.hear(1_000);
    timer.hear(1_500);
    await pass(1_000);
    expect(promoted).toEqual([1_000]);
  });

  it('hears of the first one', async () => {
    timer.next(undefined, true);
    timer.hear(1_000);
    await pass(1_000);
    expect(promoted).toEqual([1_000]);
  });

  it.each([[undefined], [9_000]])(
    'keeps in mind what it heard while the answer, %s, was on its way',
    async (nextDue) => {
      let answer: (nextDue: number | undefined) => void = () => undefined;
      promote = () => new Promise((resolve) => (answer = resolve));
      timer.next(1_000, true);
      await pass(1_000);
      timer.hear(1_200);
      answer(nextDue);
      await pass(0);
      promote = () => Promise.resolve(undefined);
      await pass(200);
      expect(promoted).toEqual([1_000, 1_200]);
    },
  );

  it('tries again after a failure, until it works', async () => {
    const failure = new Error('no link');
    promote = () => Promise.reject(failure);
    timer.next(1_000, true);
    await pass(1_000);
    // neither a beat that says the same nor a later message takes that from it
    timer.next(1_000, true);
    timer.hear(60_000);
    await pass(RETRY - 1);
    expect(promoted).toEqual([1_000]);
    await pass(1);
    promote = () => Promise.resolve(undefined);
    await pass(RETRY);
    await pass(60_000);
    expect(promoted).toEqual([1_000, 1_000 + RETRY, 1_000 + 2 * RETRY]);
    expect(errors).toEqual([failure, failure]);
    expect(clock.pending).toBe(0);
  });

  it('stops, also while a promotion is on its way', async () => {
    timer.next(1_000, true);
    promote = () => Promise.resolve(2_000);
    clock.advance(1_000);
    timer.stop();
    await pass(0);
    timer.hear(1_500);
    timer.next(1_600, false);
    expect(clock.pending).toBe(0);
    expect(promoted).toEqual([1_000]);
  });

  it('is quiet about a failure after it was stopped', async () => {
    promote = () => Promise.reject(new Error('closed'));
    timer.next(1_000, true);
    clock.advance(1_000);
    timer.stop();
    await pass(0);
    expect([errors, clock.pending]).toEqual([[], 0]);
  });
});
