import { describe, expect, it, vi } from 'vitest';
import {
  Outbox,
  type OutboxItem,
  type OutboxOptions,
} from '../../../../lib/backend/redis/outbox.js';

interface Item extends OutboxItem {
  readonly name: string;
}

const item = (name: string, { count = 1, bytes = 1 } = {}): Item => ({ name, count, bytes });
const items = (count: number, prefix = 'i'): Item[] =>
  Array.from({ length: count }, (_, i) => item(`${prefix}${i}`));

/** What a second batch must carry to leave beside the first one. */
const WORTH = 64;

/** An outbox whose batches arrive when the test says so. */
function open(options: Partial<OutboxOptions<Item>> = {}) {
  const sent: string[][] = [];
  const arrivals: (() => void)[] = [];
  const outbox = new Outbox<Item>({
    maxCount: 100,
    maxBytes: 1_000,
    send: (batch) =>
      new Promise((resolve) => {
        sent.push(batch.map(({ name }) => name));
        arrivals.push(resolve);
      }),
    ...options,
  });
  const turn = async (): Promise<void> => await new Promise(setImmediate);
  return {
    outbox,
    sent,
    turn,
    push: async (...pushed: readonly Item[]) => {
      for (const one of pushed) outbox.push(one);
      await turn();
    },
    /** The n-th batch has arrived. */
    arrive: async (n: number) => {
      arrivals[n]?.();
      await turn();
    },
  };
}

describe('Outbox', () => {
  it('hands the next batch over another way, at once and once, while others are on their way', async () => {
    const { outbox, sent, push, turn, arrive } = open();
    await push(item('a'));
    await push(item('b'), item('c'));
    const handed: string[][] = [];
    const other = async (batch: readonly Item[]): Promise<void> => {
      handed.push(batch.map(({ name }) => name));
    };
    outbox.hand(other);
    outbox.hand(other);
    expect(handed).toEqual([['b', 'c']]);
    await turn();
    await arrive(0);
    await push(item('d'));
    expect([sent, handed, outbox.count]).toEqual([[['a'], ['d']], [['b', 'c']], 0]);
  });

  it('sends a lone item at once', async () => {
    const { outbox, sent } = open();
    outbox.push(item('a'));
    expect([outbox.count, outbox.first?.name]).toEqual([1, 'a']);
    await Promise.resolve();
    expect(sent).toEqual([['a']]);
    expect([outbox.count, outbox.bytes, outbox.first]).toEqual([0, 0, undefined]);
  });

  it('sends together what comes in one turn', async () => {
    const { push, sent } = open();
    await push(item('a'), item('b'), item('c'));
    expect(sent).toEqual([['a', 'b', 'c']]);
  });

  it('gathers what comes while a batch is on its way', async () => {
    const { push, arrive, sent, outbox } = open();
    await push(item('a'));
    await push(item('b', { bytes: 7 }));
    await push(item('c', { count: 3 }));
    expect([sent, outbox.count, outbox.bytes]).toEqual([[['a']], 4, 8]);
    await arrive(0);
    expect(sent).toEqual([['a'], ['b', 'c']]);
  });

  it('sends a second batch beside the first one when it is worth it, and never a third', async () => {
    const { push, arrive, sent } = open();
    await push(item('a'));
    await push(...items(WORTH - 1));
    expect(sent).toHaveLength(1);
    await push(item('last'));
    expect(sent.map((batch) => batch.length)).toEqual([1, WORTH]);
    await push(...items(WORTH, 'j'));
    expect(sent).toHaveLength(2);
    await arrive(1);
    expect(sent).toHaveLength(3);
  });

  it('sends no second one while the first is in trouble', async () => {
    let steady = false;
    const { push, arrive, sent } = open({ steady: () => steady });
    await push(item('a'));
    await push(...items(WORTH));
    expect(sent).toHaveLength(1);
    await arrive(0);
    expect(sent).toHaveLength(2);
    steady = true;
    await push(...items(WORTH));
    expect(sent).toHaveLength(3);
  });

  it('fills batches up to their bounds, in order', async () => {
    const { push, arrive, sent } = open({ maxCount: 3, maxBytes: 10 });
    await push(
      item('a', { count: 2 }),
      item('b', { count: 2 }),
      item('c', { bytes: 10 }),
      item('d', { bytes: 1 }),
      item('f', { bytes: 9 }),
      item('e', { bytes: 10 }),
    );
    for (const n of [0, 1, 2, 3, 4]) await arrive(n);
    expect(sent).toEqual([['a'], ['b'], ['c'], ['d', 'f'], ['e']]);
  });

  it('sends what is larger than a batch alone', async () => {
    const { push, arrive, sent } = open({ maxCount: 3, maxBytes: 10 });
    await push(item('a'), item('huge', { count: 9, bytes: 99 }), item('b'));
    for (const n of [0, 1]) await arrive(n);
    expect(sent).toEqual([['a'], ['huge'], ['b']]);
  });

  it('keeps apart what may not share a batch', async () => {
    const together = (first: Item, next: Item): boolean => first.name[0] === next.name[0];
    const { push, arrive, sent } = open({ together });
    await push(item('a1'), item('a2'), item('b1'), item('a3'));
    for (const n of [0, 1]) await arrive(n);
    expect(sent).toEqual([['a1', 'a2'], ['b1'], ['a3']]);
  });

  it('lets nothing overtake a batch with an ordered item, and lets it overtake nothing', async () => {
    const { push, arrive, sent } = open({ ordered: ({ name }) => name === 'ordered' });
    await push(item('a'));
    await push(item('ordered'), ...items(WORTH));
    expect(sent).toHaveLength(1);
    await arrive(0);
    expect(sent).toHaveLength(2);
    await push(...items(WORTH));
    expect(sent).toHaveLength(2);
    await arrive(1);
    expect(sent).toHaveLength(3);
    // the barrier is gone: unordered batches leave side by side again
    await push(...items(WORTH));
    expect(sent).toHaveLength(4);
  });

  it('gives out what is picked, and forgets its size', async () => {
    const { push, arrive, outbox, sent } = open();
    await push(item('a'));
    const [b, c, d] = [item('b'), item('c', { count: 5, bytes: 50 }), item('d')];
    await push(b, c, d);
    const nobody = vi.fn<(one: Item) => boolean>(() => false);
    expect(outbox.remove(nobody)).toEqual([]);
    expect(nobody).toHaveBeenCalledTimes(3);
    expect(outbox.remove((one) => one.count === 5)).toEqual([c]);
    expect([outbox.count, outbox.bytes, outbox.first]).toEqual([2, 2, b]);
    await arrive(0);
    expect(sent).toEqual([['a'], ['b', 'd']]);
  });

  it('sends nothing when everything was taken out before it left', async () => {
    const { outbox, sent, turn } = open();
    outbox.push(item('a'));
    outbox.remove(() => true);
    await turn();
    expect([sent, outbox.count]).toEqual([[], 0]);
  });
});
