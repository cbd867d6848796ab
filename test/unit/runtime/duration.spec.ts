import { describe, expect, it } from 'vitest';
import { parseDelay } from '../../../lib/runtime/duration.js';

describe('parseDelay', () => {
  it.each([
    [0, 0],
    [250, 250],
    [0.1, 1],
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2 hours', 7_200_000],
    ['10', 10],
  ])('reads %j', (value, milliseconds) => {
    expect(parseDelay(value)).toBe(milliseconds);
  });

  it.each([
    [-1],
    [Number.NaN],
    [Infinity],
    ['-5s'],
    [''],
    ['soon'],
    ['x'.repeat(500)],
    [true],
    [null],
    [undefined],
    [{}],
    [10n],
  ])('refuses %s', (value) => {
    expect(parseDelay(value)).toBeUndefined();
  });
});
