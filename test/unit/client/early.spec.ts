import { describe, expect, it } from 'vitest';
import { Early } from '../../../lib/client/early.js';

describe('Early', () => {
  it('begins in order once it is there, at once from then on, and ends what it began', () => {
    const early = new Early<string>();
    const seen: string[] = [];
    const begin = (name: string) =>
      early.begin((value) => {
        seen.push(`${name} ${value}`);
        return () => seen.push(`${name} ends`);
      });
    const one = begin('one');
    const two = begin('two');
    two();
    begin('three');
    expect(seen).toEqual([]);
    early.arrive('now');
    begin('four');
    one();
    expect(seen).toEqual(['one now', 'three now', 'four now', 'one ends']);
  });
});
