import { beforeEach, describe, expect, it } from 'vitest';
import type { Beat, Lease, Member, QueuePort } from '../../../lib/backend/index.js';
import { ServerClock } from '../../../lib/runtime/server-clock.js';
import { Session } from '../../../lib/runtime/session.js';
import { ManualClock } from '../../support/manual-clock.js';

const TTL = 3_000;
const MEMBER: Member = {
  consumer: 'me',
  service: 's',
  instanceName: 'i',
  ttl: TTL,
  names: [],
  groups: [],
  weight: 1,
  overflow: 'reject',
  maxWaiting: 10,
};

describe('Session', () => {
  let clock: ManualClock;
  let session: Session;
  let calls: string[];
  let held: Lease[];
  let seen: Beat[];
  let evictions: number;
  let errors: unknown[];
  let answer: () => Promise<Partial<Beat>>;
  const failure = new Error('no link');

  beforeEach(async () => {
    clock = new ManualClock();
    [calls, held, seen, evictions, errors] = [[], [], [], 0, []];
    answer = () => Promise.resolve({});
    const reply = async (call: string): Promise<Beat> => {
      calls.push(call);
      const parts = await answer();
      const beat = { status: 'alive', lost: [], expired: [], leader: false, weight: 1 } as const;
      return { ...beat, now: clock.now(), ...parts };
    };
    const queue: Pick<QueuePort, 'join' | 'beat' | 'evict'> = {
      join: async ({ consumer }) => await reply(`join ${consumer}`),
      beat: async (consumer, leases) =>
        await reply(['beat', consumer, ...leases.map(({ token }) => token)].join(' ')),
      evict: (consumer, { leaving, lostLimit }) => {
        calls.push(`evict ${consumer} ${leaving} ${lostLimit}`);
        return Promise.resolve('evicted');
      },
    };
    session = new Session(MEMBER, {
      queue: queue as QueuePort,
      clock,
      server: new ServerClock(clock),
      lostLimit: 4,
      held: () => held,
      onBeat: (beat) => seen.push(beat),
      onEvicted: () => (evictions += 1),
      onError: (error) => errors.push(error),
    });
    await session.join();
  });

  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await new Promise(setImmediate);
  };
  const beats = (): number => calls.filter((call) => call.startsWith('beat')).length;

  it('joins, and what it learns there counts as a beat', () => {
    expect([calls, seen.length, session.fresh, session.over]).toEqual([
      ['join me'],
      1,
      true,
      false,
    ]);
  });

  it('beats three times a TTL, with what is in hand', async () => {
    await pass(TTL / 3 - 1);
    expect(beats()).toBe(0);
    held = [{ source: 's', token: '1-0' }];
    await pass(1);
    await pass(TTL / 3);
    expect([calls, seen.length]).toEqual([['join me', 'beat me 1-0', 'beat me 1-0'], 3]);
    expect(clock.pending).toBe(1);
  });

  it('is fresh until shortly before its time is over, counted from when the beat left', async () => {
    let arrive: () => void = () => undefined;
    answer = () => new Promise((resolve) => (arrive = () => resolve({})));
    await pass(TTL / 3);
    await pass(500);
    arrive();
    await pass(0);
    expect(session.sinceBeat).toBe(500);
    answer = () => new Promise(() => undefined);
    await pass(TTL * 0.9 - 501);
    expect(session.fresh).toBe(true);
    await pass(1);
    expect(session.fresh).toBe(false);
  });

  it('is not fresh before it joined', () => {
    const other = new Session(MEMBER, {} as ConstructorParameters<typeof Session>[1]);
    expect(other.over).toBe(false);
  });

  it('sends one beat at a time, however many ask for one', async () => {
    await Promise.all([session.beat(), session.beat(), session.beat()]);
    expect(beats()).toBe(1);
    await session.beat();
    expect(beats()).toBe(2);
    expect(clock.pending).toBe(1);
  });

  it('tries a failed beat again soon, and stays a member', async () => {
    answer = () => Promise.reject(failure);
    await session.beat();
    expect([errors, session.over, clock.pending]).toEqual([[failure], false, 1]);
    await pass(499);
    expect(beats()).toBe(1);
    answer = () => Promise.resolve({});
    await pass(1);
    expect([beats(), session.fresh, seen.length]).toEqual([2, true, 2]);
    await pass(TTL / 3);
    expect(beats()).toBe(3);
  });

  it('learns once that it was evicted, and beats no more', async () => {
    answer = () => Promise.resolve({ status: 'evicted' });
    await Promise.all([session.beat(), session.beat()]);
    await session.beat();
    await session.repair();
    await pass(10 * TTL);
    expect([evictions, beats(), session.over, session.fresh]).toEqual([1, 1, true, false]);
    expect([clock.pending, seen.length]).toEqual([0, 1]);
  });

  it('repairs its place by joining again, after a beat', async () => {
    await session.repair();
    expect(calls).toEqual(['join me', 'beat me', 'join me']);
    answer = () => Promise.reject(failure);
    await session.repair();
    expect(errors).toEqual([failure, failure]);
  });

  it('leaves: no more beats, and its place is given up', async () => {
    await session.leave();
    await pass(10 * TTL);
    expect(calls).toEqual(['join me', 'evict me true 4']);
    expect([session.over, session.fresh, clock.pending]).toEqual([true, false, 0]);
  });

  it.each<readonly [string, () => Promise<Partial<Beat>>]>([
    ['arrives', () => Promise.resolve({})],
    ['fails', () => Promise.reject(failure)],
    ['says it was evicted', () => Promise.resolve({ status: 'evicted' })],
  ])('takes no notice of a beat that %s after it left', async (_, late) => {
    let release: () => void = () => undefined;
    const wait = new Promise<void>((resolve) => (release = resolve));
    answer = async () => {
      await wait;
      return await late();
    };
    const beating = session.beat();
    await session.leave();
    release();
    await beating;
    expect([seen.length, errors, evictions, clock.pending]).toEqual([1, [], 0, 0]);
  });
});
