import { describe, expect, it } from 'vitest';
import { CYCLE, Edf } from '../../../lib/balancer/index.js';

const crewOf = (weights: readonly number[]) =>
  weights.map((weight, i) => ({ id: `c${String(i).padStart(2, '0')}`, weight }));

/** How often each one is picked. */
function count(edf: Edf, weights: readonly number[], picks: number): number[] {
  const counts = new Map<string | undefined, number>();
  for (let i = 0; i < picks; i++) {
    const id = edf.pick();
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return crewOf(weights).map(({ id }) => counts.get(id) ?? 0);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

describe('Edf', () => {
  it.each([
    [[1]],
    [[1, 1, 1]],
    [[5, 1, 1]],
    [[7, 11, 13]],
    [[17, 19, 23]],
    [[1000, 1]],
    [[999, 998, 1]],
    [Array.from({ length: 16 }, (_, i) => i + 1)],
  ])('gives each exactly its weight in every full cycle: %j', (weights) => {
    const edf = new Edf();
    edf.reset(crewOf(weights));
    for (let cycle = 0; cycle < 100; cycle++) {
      expect(count(edf, weights, sum(weights))).toEqual(weights);
    }
  });

  it('is exact for every pair of weights up to 16', () => {
    for (let a = 1; a <= 16; a++) {
      for (let b = 1; b <= 16; b++) {
        const edf = new Edf();
        edf.reset(crewOf([a, b]));
        for (let cycle = 0; cycle < 3; cycle++) {
          expect(count(edf, [a, b], a + b)).toEqual([a, b]);
        }
      }
    }
  });

  it('is exact again after every reset, wherever the cycle was', () => {
    const edf = new Edf();
    for (let picks = 0; picks < 31; picks++) {
      edf.reset(crewOf([7, 11, 13]));
      edf.skip(picks);
      edf.reset(crewOf([3, 5, 2, 9]));
      expect(count(edf, [3, 5, 2, 9], 19)).toEqual([3, 5, 2, 9]);
    }
  });

  it('never has anybody a whole turn away from its share', () => {
    const weights = [7, 11, 13];
    const ids = crewOf(weights).map(({ id }) => id);
    const edf = new Edf();
    edf.reset(crewOf(weights));
    const counts = [0, 0, 0];
    for (let picks = 1; picks <= 310; picks++) {
      counts[ids.indexOf(edf.pick() ?? '')]! += 1;
      for (const [i, weight] of weights.entries()) {
        expect(Math.abs(counts[i]! - (picks * weight) / 31)).toBeLessThan(1);
      }
    }
  });

  it('gives equals their turns by id', () => {
    const edf = new Edf();
    edf.reset([
      { id: 'b', weight: 2 },
      { id: 'c', weight: 2 },
      { id: 'a', weight: 2 },
    ]);
    expect(Array.from({ length: 6 }, () => edf.pick()).join('')).toBe('abcabc');
  });

  it('spreads turns over the cycle', () => {
    const edf = new Edf();
    edf.reset([
      { id: 'a', weight: 4 },
      { id: 'b', weight: 2 },
    ]);
    expect(Array.from({ length: 12 }, () => edf.pick()).join('')).toBe('abaabaabaaba');
  });

  it('passes over those that may not; they come first afterwards', () => {
    const edf = new Edf();
    edf.reset(crewOf([1, 1, 1]));
    const notTheFirst = (id: string): boolean => id !== 'c00';
    const picks = Array.from({ length: 4 }, () => edf.pick(notTheFirst));
    expect(picks).toEqual(['c01', 'c02', 'c01', 'c02']);
    expect([edf.pick(), edf.pick(), edf.pick()]).toEqual(['c00', 'c00', 'c00']);
  });

  it('gives nothing to weight 0, and nobody a turn if there is nobody', () => {
    const edf = new Edf();
    expect(edf.pick()).toBeUndefined();
    edf.reset(crewOf([0, 3]));
    expect(count(edf, [0, 3], 5)).toEqual([0, 5]);
    expect(edf.pick(() => false)).toBeUndefined();
    edf.reset(crewOf([0]));
    expect(edf.pick()).toBeUndefined();
  });

  it('goes on from any place of the cycle', () => {
    const [whole, skipped] = [new Edf(), new Edf()];
    for (const edf of [whole, skipped]) edf.reset(crewOf([2, 3]));
    for (let i = 0; i < 3; i++) whole.pick();
    skipped.skip(3);
    const rest = (edf: Edf) => Array.from({ length: 7 }, () => edf.pick());
    expect(rest(skipped)).toEqual(rest(whole));
  });

  it('has a cycle that every weight up to 16 divides', () => {
    for (let weight = 1; weight <= 16; weight++) expect(CYCLE % weight).toBe(0);
  });
});
