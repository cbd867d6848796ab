import { describe, expect, it } from 'vitest';
import { Generations } from '../../../lib/runtime/generations.js';

describe('Generations', () => {
  it('holds what was added until it is deleted', () => {
    const entries = new Generations<string, number>();
    entries.add('a', 1);
    expect([entries.get('a'), entries.get('b'), entries.size]).toEqual([1, undefined, 1]);
    expect([entries.delete('a'), entries.delete('a'), entries.size]).toEqual([true, false, 0]);
    expect(entries.get('a')).toBeUndefined();
  });

  it('does the same as a Map through many generations, some entries long-lived', () => {
    const entries = new Generations<number, string>();
    const model = new Map<number, string>();
    for (let i = 0; i < 20_000; i += 1) {
      entries.add(i, `${i}`);
      model.set(i, `${i}`);
      const gone = i - 100;
      if (gone >= 0 && gone % 397 !== 0) {
        expect(entries.delete(gone)).toBe(model.delete(gone));
      }
      if (i % 1_000 === 0) {
        expect(new Map(entries.entries())).toEqual(model);
        expect(entries.size).toBe(model.size);
      }
    }
    for (const [key, value] of model) {
      expect(entries.get(key)).toBe(value);
      entries.delete(key);
    }
    expect([entries.size, entries.entries()]).toEqual([0, []]);
  });
});
