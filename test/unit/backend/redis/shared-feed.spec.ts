import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Delivery, Fetched, Member, Reader, Want } from '../../../../lib/backend/index.js';
import type { RedisReader } from '../../../../lib/backend/redis/reader.js';
import type { Ending } from '../../../../lib/backend/redis/settle-outbox.js';
import { SharedFeed } from '../../../../lib/backend/redis/shared/feed.js';
import type { Address } from '../../../../lib/message/index.js';

const NAMES = [
  { address: 't:work', group: 't:default' },
  { address: 't:narrow', group: 't:default/narrow' },
  { address: 'r:ask', group: 'r:default' },
];
let next = 0;
const delivery = (address: Address): Delivery => ({
  lease: { source: 's', token: `${(next += 1)}-0` },
  envelope: { unique: `u${next}`, address },
  payload: Buffer.alloc(0),
  routed: false,
});

/** A stream whose reads are answered by the test. */
class Stream {
  readonly reads: { readonly count: number; readonly answer: (fetched: Fetched) => void }[] = [];
  readonly settled: (readonly [string, Ending['type']])[] = [];
  readonly strange: string[] = [];
  closed = 0;
  readonly feed: SharedFeed;

  constructor() {
    const reader: Reader = {
      fetch: (count) => new Promise((answer) => this.reads.push({ count, answer })),
      wake: () => this.answer(),
      close: async () => undefined,
    };
    this.feed = new SharedFeed({ consumer: 'me', names: NAMES } as unknown as Member, {
      reader: () => reader as unknown as RedisReader,
      settle: async ({ lease }, { type }) => void this.settled.push([lease.token, type]),
      onStrange: (address) => this.strange.push(address),
      onClose: () => (this.closed += 1),
      onError: (error) => expect.unreachable(String(error)),
    });
  }

  answer(...deliveries: Delivery[]): void {
    this.reads.shift()?.answer({ deliveries, undecodable: [], displaced: false });
  }

  /** What it was asked for; everything that was going on has come to rest. */
  async counts(): Promise<number[]> {
    for (let round = 0; round < 5; round += 1) await new Promise(setImmediate);
    return this.reads.map(({ count }) => count);
  }
}

const wants = (kind: string, limits: Readonly<Record<string, number>> = {}): Want[] =>
  NAMES.filter(({ address }) => address.startsWith(kind)).map((name) => ({
    ...name,
    limit: limits[name.address] ?? 100,
  }));
const tokens = ({ deliveries }: Fetched): string[] => deliveries.map(({ lease }) => lease.token);

describe('what a consumer reads of a shared stream', () => {
  let stream: Stream;
  let tasks: Reader;
  let requests: Reader;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    stream = new Stream();
    tasks = stream.feed.open('t:default', () => false);
    requests = stream.feed.open('r:default', () => false);
    return () => vi.useRealTimers();
  });

  it('is no more than fits into each pool, and goes to the pool of its name', async () => {
    const task = tasks.fetch(7, wants('t'));
    const request = requests.fetch(3, wants('r'));
    expect(await stream.counts()).toEqual([3]);
    const [one, two, ask] = [delivery('t:work'), delivery('t:narrow'), delivery('r:ask')];
    stream.answer(one, ask, two);
    expect(tokens(await task)).toEqual([one.lease.token, two.lease.token]);
    expect(tokens(await request)).toEqual([ask.lease.token]);
    expect(await stream.counts()).toEqual([]);
  });

  it('looks a few messages further while one pool is full, and gives those back', async () => {
    const request = requests.fetch(100, wants('r'));
    expect(await stream.counts()).toEqual([16]);
    const waiting = Array.from({ length: 16 }, () => delivery('t:work'));
    stream.answer(...waiting);
    // no room left
    expect(await stream.counts()).toEqual([]);
    // a place is free in time
    expect(tokens(await tasks.fetch(1, wants('t')))).toEqual([waiting[0]?.lease.token]);
    expect(await stream.counts()).toEqual([1]);
    vi.advanceTimersByTime(60);
    await stream.counts();
    expect(stream.settled).toEqual(
      waiting.slice(1).map(({ lease }) => [lease.token, 'release'] as const),
    );
    const ask = delivery('r:ask');
    stream.answer(ask);
    expect(tokens(await request)).toEqual([ask.lease.token]);
  });

  it('keeps to the bound of each name', async () => {
    const first = tasks.fetch(10, wants('t', { 't:narrow': 1 }));
    void requests.fetch(10, wants('r'));
    await stream.counts();
    const [a, b, c] = [delivery('t:narrow'), delivery('t:narrow'), delivery('t:work')];
    stream.answer(a, b, c);
    expect(tokens(await first)).toEqual([a.lease.token, c.lease.token]);
    expect(tokens(await tasks.fetch(8, wants('t')))).toEqual([b.lease.token]);
  });

  it('goes back when nobody here handles it', async () => {
    const request = requests.fetch(5, wants('r'));
    await stream.counts();
    const [strange, ask] = [delivery('t:other'), delivery('r:ask')];
    stream.answer(strange, ask);
    expect(tokens(await request)).toEqual([ask.lease.token]);
    expect(stream.strange).toEqual(['t:other']);
    expect(stream.settled).toEqual([[strange.lease.token, 'decline']]);
  });

  it('ends when it is drained, and nothing stays behind', async () => {
    const [task, request] = [tasks.fetch(1, wants('t')), requests.fetch(1, wants('r'))];
    await stream.counts();
    const held = delivery('t:narrow');
    stream.answer(held, delivery('r:ask'));
    await request;
    // it wants what has no place: one of its names is full
    await task;
    const again = tasks.fetch(1, wants('t', { 't:narrow': 0, 't:work': 1 }));
    void requests.fetch(1, wants('r'));
    await stream.counts();
    const late = delivery('t:narrow');
    stream.answer(late);
    await stream.counts();
    tasks.wake();
    requests.wake();
    expect(tokens(await again)).toEqual([]);
    const drained = [tasks.fetch(1, wants('t'), true), requests.fetch(1, wants('r'), true)];
    await stream.counts();
    tasks.wake();
    requests.wake();
    expect((await Promise.all(drained)).flatMap(tokens)).toEqual([]);
    expect(stream.settled).toEqual([[late.lease.token, 'release']]);
    await Promise.all([tasks.close(), requests.close()]);
    expect([await stream.counts(), stream.closed]).toEqual([[], 1]);
    await expect(tasks.fetch(1, wants('t'))).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('that nobody can read, and a place that is gone, are told to one pool', async () => {
    const [task, request] = [tasks.fetch(1, wants('t')), requests.fetch(1, wants('r'))];
    await stream.counts();
    const lease = { source: 's', token: '9-9' };
    const undecodable = [{ lease, error: new Error('bad') as never }];
    stream.reads.shift()?.answer({ deliveries: [], undecodable, displaced: true });
    expect(await task).toMatchObject({ undecodable, displaced: true });
    requests.wake();
    expect(await request).toMatchObject({ undecodable: [], displaced: false });
  });
});
