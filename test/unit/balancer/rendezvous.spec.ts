import { describe, expect, it } from 'vitest';
import { type Owner, hash32, mix32, ownerOf } from '../../../lib/balancer/index.js';

const KEYS = Array.from({ length: 100_000 }, (_, i) => hash32(`customer ${i}`));

const owner = (id: string, weight: number): Owner => ({ id, weight, hash: hash32(id) });

function countByOwner(owners: readonly Owner[]): Map<string | undefined, number> {
  const counts = new Map<string | undefined, number>();
  for (const key of KEYS) {
    const id = ownerOf(key, owners);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** How far a count is from its share of all keys, as a part of that share. */
const deviation = (count = 0, share: number): number => Math.abs(count / (KEYS.length * share) - 1);

describe('hash32', () => {
  // computed with another program; the Lua port gives the same
  it.each([
    ['', 0xab3e7c0b],
    ['a', 0x1a80b1b3],
    ['b', 0x82c46232],
    ['foobar', 0x0c0da6dc],
    ['key 1', 0x8394189b],
    ['orders-host-1234-abcdef', 0xf6e1c555],
    ['ä ö', 0x94f60b1a],
    ['日本', 0xf004911f],
    ['😀', 0x3303a80a],
    ['x'.repeat(1000), 0x6dbcf252],
  ])('of %j is known', (text, hash) => {
    expect(hash32(text)).toBe(hash);
  });
});

describe('mix32', () => {
  it.each([
    [0, 0],
    [1, 0x514e28b7],
    [0xffffffff, 0x81f16f39],
    [0x80000000, 0x6d3c65a0],
    [0xdeadbeef, 0x0de5c6a9],
  ])('is the finalizer of MurmurHash3: %i', (value, mixed) => {
    expect(mix32(value)).toBe(mixed);
  });
});

describe('ownerOf', () => {
  const [one, two, three] = [owner('one', 1), owner('two', 2), owner('three', 4)];

  // computed with another program; the Lua port gives the same
  it('is known', () => {
    const found = (owners: readonly Owner[]) =>
      Array.from({ length: 12 }, (_, i) => ownerOf(hash32(`key ${i}`), owners)?.charAt(1)).join('');
    expect(found([one, two, three])).toBe('hhhhhhhnwhhh');
    expect(found([one, two])).toBe('wwwwwwnnwwwn');
  });

  it('does not depend on the order of the owners', () => {
    for (const key of KEYS.slice(0, 1_000)) {
      expect(ownerOf(key, [three, one, two])).toBe(ownerOf(key, [one, two, three]));
    }
  });

  it.each([[[1, 1, 1]], [[1, 2, 4]], [[10, 3, 7, 5]], [[1, 16]]])(
    'gives each its share by weight: %j',
    (weights) => {
      const owners = weights.map((weight, i) => owner(`orders-host-${i}`, weight));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const counts = countByOwner(owners);
      for (const { id, weight } of owners) {
        expect(deviation(counts.get(id), weight / total)).toBeLessThan(0.05);
      }
    },
  );

  it('moves only the keys of one that leaves', () => {
    for (const key of KEYS) {
      const before = ownerOf(key, [one, two, three]);
      if (before !== 'three') expect(ownerOf(key, [one, two]) === before).toBe(true);
    }
  });

  it('moves only its share to one that joins', () => {
    const joiner = owner('four', 3);
    let moved = 0;
    for (const key of KEYS) {
      const [before, after] = [
        [one, two, three],
        [one, two, three, joiner],
      ].map((owners) => ownerOf(key, owners));
      if (before === after) continue;
      expect(after).toBe('four');
      moved++;
    }
    expect(deviation(moved, 3 / 10)).toBeLessThan(0.05);
  });

  it('moves keys only to one whose weight grows, and only from one whose weight falls', () => {
    for (const key of KEYS) {
      const before = ownerOf(key, [one, two, three]);
      const grown = ownerOf(key, [owner('one', 3), two, three]);
      if (grown !== before) expect(grown).toBe('one');
      const fallen = ownerOf(key, [one, two, owner('three', 1)]);
      if (fallen !== before) expect(before).toBe('three');
    }
  });

  it('passes over weight 0, and finds nobody if there is nobody', () => {
    const drained = owner('three', 0);
    expect(countByOwner([one, drained]).get('three')).toBeUndefined();
    expect(ownerOf(1, [drained])).toBeUndefined();
    expect(ownerOf(1, [])).toBeUndefined();
  });

  it('prefers the smaller id where two draw the same', () => {
    const twins = [
      { id: 'b', hash: 7, weight: 1 },
      { id: 'a', hash: 7, weight: 1 },
    ];
    expect(ownerOf(1, twins)).toBe('a');
    expect(ownerOf(1, twins.toReversed())).toBe('a');
  });
});
