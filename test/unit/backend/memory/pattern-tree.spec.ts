import { describe, expect, it } from 'vitest';
import { PatternTree } from '../../../../lib/backend/memory/pattern-tree.js';
import { matcherOf } from '../../../../lib/message/index.js';
import { randomPattern, randomTokens } from '../../message/random-patterns.js';

describe('PatternTree', () => {
  it('finds every value of every pattern that stands for a name, once', () => {
    const tree = new PatternTree<string>();
    for (const pattern of ['a.*', 'a.>', '*.b', '>', 'a.b', '*', 'b.>']) tree.add(pattern, pattern);
    tree.add('a.*', 'another');
    expect(tree.find('a.b').toSorted()).toEqual(['*.b', '>', 'a.*', 'a.>', 'a.b', 'another']);
    expect(tree.find('a').toSorted()).toEqual(['*', '>']);
    expect(tree.find('c.d')).toEqual(['>']);
  });

  it('agrees with the matcher, whatever is added and removed', () => {
    const tree = new PatternTree<number>();
    const held = new Map<number, string>();
    let found = 0;
    for (let i = 0; i < 5_000; i += 1) {
      const [oldest] = held;
      if (oldest !== undefined && held.size > 40) {
        tree.remove(oldest[1], oldest[0]);
        held.delete(oldest[0]);
      } else {
        const pattern = randomPattern();
        tree.add(pattern, i);
        held.set(i, pattern);
      }
      const name = randomTokens().join('.');
      const expected = [...held].flatMap(([value, pattern]) =>
        matcherOf(pattern)(name) ? [value] : [],
      );
      found += expected.length;
      expect(tree.find(name).toSorted((a, b) => a - b)).toEqual(expected);
    }
    expect(found).toBeGreaterThan(1_000);
    for (const [value, pattern] of held) tree.remove(pattern, value);
    expect(tree.isEmpty).toBe(true);
  });

  it('takes a name that looks like a pattern for a name', () => {
    const tree = new PatternTree<string>();
    tree.add('a.*', 'any');
    tree.add('a.>', 'rest');
    expect(tree.find('a.*').toSorted()).toEqual(['any', 'rest']);
    expect(tree.find('a.>').toSorted()).toEqual(['any', 'rest']);
  });

  it('does not mind that what is removed was never there', () => {
    const tree = new PatternTree<string>();
    tree.add('a.*', 'kept');
    tree.remove('a.b.c', 'kept');
    tree.remove('a.*', 'other');
    tree.remove('a', 'kept');
    expect(tree.find('a.x')).toEqual(['kept']);
  });
});
