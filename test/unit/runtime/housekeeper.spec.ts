import { beforeEach, describe, expect, it } from 'vitest';
import type { Beat, QueuePort } from '../../../lib/backend/index.js';
import { Housekeeper } from '../../../lib/runtime/housekeeper.js';
import { ManualClock } from '../../support/manual-clock.js';

const INTERVAL = 60_000;
const ALERT = 6_000;
const LOST_LIMIT = 4;
/** Between two beats, in ms. */
const BEAT = 1_000;

const turn = async (): Promise<void> => await new Promise(setImmediate);

describe('Housekeeper', () => {
  let clock: ManualClock;
  let keeper: Housekeeper;
  let calls: string[];
  let warnings: string[];
  let errors: unknown[];
  let evicting: () => Promise<'alive' | 'evicted'>;
  let reclaiming: () => Promise<number>;

  beforeEach(() => {
    clock = new ManualClock();
    [calls, warnings, errors] = [[], [], []];
    evicting = () => Promise.resolve('evicted');
    reclaiming = () => Promise.resolve(0);
    const queue: Pick<QueuePort, 'evict' | 'reclaim'> = {
      evict: async (consumer, { leaving, lostLimit }) => {
        calls.push(`evict ${consumer} ${leaving} ${lostLimit}`);
        return await evicting();
      },
      reclaim: async (lostLimit) => {
        calls.push(`reclaim ${lostLimit}`);
        return await reclaiming();
      },
    };
    const warn = (message: string): unknown => warnings.push(message);
    keeper = new Housekeeper({
      queue: queue as QueuePort,
      clock,
      interval: INTERVAL,
      alert: ALERT,
      lostLimit: LOST_LIMIT,
      log: { log: () => undefined, warn, error: () => undefined },
      onError: (error) => errors.push(error),
    });
  });

  const beat = async (parts: Partial<Beat> = {}): Promise<void> => {
    const beat: Beat = {
      status: 'alive',
      lost: [],
      now: clock.now(),
      expired: [],
      leader: false,
      weight: 1,
      ...parts,
    };
    keeper.tidy(beat, 'me');
    await turn();
  };
  /** So many beats of a leader, one after the other. */
  const lead = async (beats: number): Promise<void> => {
    for (let i = 0; i < beats; i += 1) {
      clock.advance(BEAT);
      await beat({ leader: true });
    }
  };

  it('evicts those whose time is over, whether it leads or not, but never itself', async () => {
    await beat({ expired: ['a', 'me', 'b'] });
    expect(calls).toEqual([
      `evict a false ${LOST_LIMIT}`,
      `evict b false ${LOST_LIMIT}`,
      `reclaim ${LOST_LIMIT}`,
      `reclaim ${LOST_LIMIT}`,
    ]);
    expect(warnings).toEqual([
      'evicted a: no sign of life; its work is placed again',
      'evicted b: no sign of life; its work is placed again',
    ]);
  });

  it('says nothing of one that somebody else evicted, or that came back', async () => {
    evicting = () => Promise.resolve('alive');
    await beat({ expired: ['a'] });
    expect([calls, warnings]).toEqual([[`evict a false ${LOST_LIMIT}`], []]);
  });

  it('evicts one at a time, and again when that failed', async () => {
    let failed: (error: Error) => void = () => undefined;
    evicting = () => new Promise((_, reject) => (failed = reject));
    await beat({ expired: ['a'] });
    await beat({ expired: ['a'] });
    expect(calls).toHaveLength(1);
    const failure = new Error('no link');
    failed(failure);
    await turn();
    await beat({ expired: ['a'] });
    expect([calls.length, errors]).toEqual([2, [failure]]);
  });

  it('looks for what others left when it becomes the leader, then once in an interval', async () => {
    await beat();
    expect(calls).toEqual([]);
    await lead(INTERVAL / BEAT);
    expect(calls).toEqual([`reclaim ${LOST_LIMIT}`]);
    await lead(1);
    expect(calls).toHaveLength(2);
    await beat();
    await lead(1);
    expect(calls).toHaveLength(3);
  });

  it('looks at every beat for a while when somebody was evicted', async () => {
    await lead(1);
    calls = [];
    keeper.watch();
    await lead(ALERT / BEAT - 1);
    expect(calls).toHaveLength(ALERT / BEAT - 1);
    await lead(20);
    expect(calls).toHaveLength(ALERT / BEAT - 1);
  });

  it('looks for nothing while somebody else leads', async () => {
    keeper.watch();
    for (let i = 0; i < 5; i += 1) await beat();
    expect(calls).toEqual([]);
  });

  it('reports a look that failed, and looks again', async () => {
    const failure = new Error('no link');
    reclaiming = () => Promise.reject(failure);
    await lead(1);
    expect(errors).toEqual([failure]);
    reclaiming = () => Promise.resolve(0);
    await lead(INTERVAL / BEAT);
    expect([calls.length, errors.length]).toEqual([2, 1]);
  });
});
