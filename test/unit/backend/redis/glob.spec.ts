import { describe, expect, it } from 'vitest';
import { toGlob } from '../../../../lib/backend/redis/glob.js';

describe('toGlob', () => {
  it.each([
    ['orders.*', 'p:orders.*'],
    ['orders.>', 'p:orders.*'],
    ['*.created', 'p:*.created'],
    ['a*b.*', String.raw`p:a\*b.*`],
    ['[a]?.>', String.raw`p:\[a\]\?.*`],
    ['^-\\.*', String.raw`p:\^-\\.*`],
  ])('makes of %s the glob %s', (pattern, glob) => {
    expect(toGlob('p:', pattern)).toBe(glob);
  });

  it('takes the prefix literally as well', () => {
    expect(toGlob('my*[app]:ev:', '>')).toBe(String.raw`my\*\[app\]:ev:*`);
  });
});
