import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Fleet, messages, tally, type Kind } from './fleet.js';

const MODES = ['memory', 'redis', 'hybrid'] as const;
const KINDS = ['task', 'request'] as const;
const EVEN = { a: 1, b: 1, c: 1 };

describe.each(MODES)('instances of a service (%s)', (mode) => {
  /** Where the backend decides, it is so from the first message on; a sender has to learn who there is. */
  async function expectShares(fleet: Fleet, kind: Kind, shares: Record<string, number>) {
    const count = Object.values(shares).reduce((sum, share) => sum + share);
    const probe = async (): Promise<void> =>
      expect(await fleet.shares(kind, count)).toEqual(shares);
    await (mode === 'hybrid' ? eventually(probe, { within: 10_000 }) : probe());
  }

  describe.each(KINDS)('share every %s', (kind) => {
    it('as whoever is free takes it (competing)', async () => {
      const fleet = new Fleet(mode, { maxJobs: 2, rpc: { maxJobs: 2 } });
      await fleet.joinAll(EVEN);
      expect(tally(await fleet.running(kind, messages(6)))).toEqual({ a: 2, b: 2, c: 2 });
      fleet.release('b');
      await fleet.done(2);
      expect(tally(await fleet.running(kind, messages(2)))).toEqual({ b: 2 });
      fleet.release();
      await fleet.done(8);
    });

    it('in turn, whatever the weights (round_robin)', async () => {
      const fleet = new Fleet(mode, { balancer: { strategy: 'round_robin' } });
      await fleet.joinAll({ a: 1, b: 5, c: 9 });
      await expectShares(fleet, kind, { a: 4, b: 4, c: 4 });
    });

    it('by weight (weighted)', async () => {
      const fleet = new Fleet(mode, { balancer: { strategy: 'weighted' } });
      await fleet.joinAll({ a: 1, b: 2, c: 3 });
      await expectShares(fleet, kind, { a: 2, b: 4, c: 6 });
    });

    it('by what each one has to do (least_conn)', async () => {
      const fleet = new Fleet(mode, { balancer: { strategy: 'least_conn' } });
      await fleet.joinAll(EVEN);
      await expectShares(fleet, kind, { a: 3, b: 3, c: 3 });
    });

    it('by key: one key, one instance (consistent_hash)', async () => {
      const fleet = new Fleet(mode, { balancer: { strategy: 'consistent_hash' } });
      await fleet.joinAll(EVEN);
      const keys = messages(30).map(({ n }) => ({ n, key: `customer ${n}` }));
      const owners = new Map((await fleet.running(kind, keys)).map(({ n, at }) => [n, at]));
      expect(new Set(owners.values())).toEqual(new Set(['a', 'b', 'c']));
      fleet.release();
      await fleet.done(30);
      const again = await fleet.running(kind, keys);
      fleet.release();
      expect(new Map(again.map(({ n, at }) => [n, at]))).toEqual(owners);
    });
  });

  it('have the same keys for tasks and requests (consistent_hash)', async () => {
    const fleet = new Fleet(mode, { balancer: { strategy: 'consistent_hash' } });
    await fleet.joinAll({ a: 1, b: 2, c: 1 });
    const keys = messages(20).map(({ n }) => ({ n, key: `customer ${n}` }));
    const owners = async (kind: Kind) =>
      new Map((await fleet.running(kind, keys)).map(({ n, at }) => [n, at]));
    expect(await owners('task')).toEqual(await owners('request'));
    fleet.release();
    await fleet.done(40);
  });

  it('leave keys where they are when one of them goes, but its own (consistent_hash)', async () => {
    const fleet = new Fleet(mode, { balancer: { strategy: 'consistent_hash' } });
    await fleet.join('a');
    const { app } = await fleet.join('b');
    await fleet.join('c');
    const keys = messages(30).map(({ n }) => ({ n, key: `customer ${n}` }));
    const before = new Map((await fleet.running('task', keys)).map(({ n, at }) => [n, at]));
    fleet.release();
    await fleet.done(30);
    await app.close();
    const after = await fleet.running('task', keys);
    fleet.release();
    await fleet.done(60);
    expect(after.filter(({ at }) => at === 'b')).toEqual([]);
    expect(after.filter(({ n, at }) => before.get(n) !== 'b' && before.get(n) !== at)).toEqual([]);
  });

  it('run what was routed to one that goes, on the others', async () => {
    const fleet = new Fleet(mode, {
      maxJobs: 1,
      balancer: { strategy: 'round_robin' },
      shutdown: { grace: 100 },
    });
    const leaver = await fleet.join('a');
    await fleet.running('task', messages(1));
    await fleet.client.enqueueMany(messages(5, 1).map((data) => ({ name: 'work', data })));
    await fleet.join('b', { broker: { maxJobs: 10 } });
    await leaver.app.close();
    await eventually(() => fleet.runs.filter(({ at }) => at === 'b').length >= 6);
    fleet.release();
    await fleet.done(6);
    const there = fleet.runs.filter(({ at }) => at === 'b').map(({ n }) => n);
    expect(there.toSorted((x, y) => x - y)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe.each(['memory', 'redis'] as const)('the least loaded instance (%s)', (mode) => {
  it.each(KINDS)('gets every %s, by weight', async (kind) => {
    const fleet = new Fleet(mode, { balancer: { strategy: 'least_conn' } });
    await fleet.joinAll({ a: 1, b: 1, c: 2 });
    expect(tally(await fleet.running(kind, messages(8)))).toEqual({ a: 2, b: 2, c: 4 });
    fleet.release('b');
    await fleet.done(2);
    expect(tally(await fleet.running(kind, messages(2)))).toEqual({ b: 2 });
    fleet.release();
    await fleet.done(10);
  });
});
