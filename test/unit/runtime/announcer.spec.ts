import { beforeEach, describe, expect, it } from 'vitest';
import type { Member, TurnsPort } from '../../../lib/backend/index.js';
import { Announcer } from '../../../lib/runtime/announcer.js';

const member = (consumer: string, weight = 1): Member => ({
  consumer,
  service: 'service',
  instanceName: 'instance',
  ttl: 1_000,
  weight,
  names: [],
  groups: [],
  overflow: 'reject',
  maxWaiting: 1,
});

describe('Announcer', () => {
  let calls: string[];
  let errors: unknown[];
  /** What the other place answers to a sign of life. */
  let alive: () => Promise<boolean>;
  let announcer: Announcer;

  beforeEach(() => {
    [calls, errors] = [[], []];
    alive = () => Promise.resolve(true);
    const note = (...words: readonly unknown[]): Promise<void> => {
      calls.push(words.join(' '));
      return Promise.resolve();
    };
    const turns: TurnsPort = {
      announce: async ({ consumer, weight }) => await note('announce', consumer, weight),
      beat: async (consumer) => {
        await note('beat', consumer);
        return await alive();
      },
      withdraw: async (consumer) => await note('withdraw', consumer),
      setWeight: async (consumer, weight) => await note('weigh', consumer, weight),
      next: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    };
    announcer = new Announcer(turns, (error) => errors.push(error));
  });

  it('announces once, and gives signs of life from then on', async () => {
    await announcer.announce(member('a'));
    await announcer.beat();
    await announcer.beat();
    expect(calls).toEqual(['announce a 1', 'beat a', 'beat a']);
  });

  it('announces again where it is not known any more', async () => {
    await announcer.announce(member('a'));
    alive = () => Promise.resolve(false);
    await announcer.beat();
    expect(calls).toEqual(['announce a 1', 'beat a', 'announce a 1']);
  });

  it('reports a failure, and announces again at the next beat', async () => {
    await announcer.announce(member('a'));
    alive = () => Promise.reject(new Error('away'));
    await announcer.beat();
    expect(errors).toEqual([new Error('away')]);
    await announcer.beat();
    expect(calls.at(-1)).toBe('announce a 1');
  });

  it('withdraws the member it was before an eviction', async () => {
    await announcer.announce(member('a'));
    await announcer.announce(member('b', 3));
    expect(calls).toEqual(['announce a 1', 'withdraw a', 'announce b 3']);
  });

  it('tells of another weight, and keeps it for the next announcement', async () => {
    await announcer.announce(member('a'));
    await announcer.setWeight(1);
    await announcer.setWeight(5);
    alive = () => Promise.resolve(false);
    await announcer.beat();
    expect(calls).toEqual(['announce a 1', 'weigh a 5', 'beat a', 'announce a 5']);
  });

  it('leaves once, and is silent afterwards', async () => {
    await announcer.announce(member('a'));
    await announcer.leave();
    await announcer.leave();
    await announcer.beat();
    await announcer.setWeight(2);
    expect(calls).toEqual(['announce a 1', 'withdraw a']);
  });

  it('has nothing to do where turns are decided at the queue', async () => {
    const idle = new Announcer(undefined, (error) => errors.push(error));
    await idle.announce(member('a'));
    await idle.beat();
    await idle.leave();
    expect(errors).toEqual([]);
  });
});
