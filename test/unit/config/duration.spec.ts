import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../lib/config/index.js';

describe('a duration', () => {
  it.each([
    [0, 0],
    [1_500, 1_500],
    ['0', 0],
    ['250', 250],
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['1m30s', 90_000],
    ['1h 2m 3s', 3_723_000],
    ['2 days', 172_800_000],
    [' 10s ', 10_000],
  ])('%j is %d ms', (value, expected) => {
    expect(parseDuration(value)).toBe(expected);
  });

  it.each([
    -1,
    NaN,
    Infinity,
    '',
    ' ',
    '-5s',
    '5x',
    's',
    '1m-30s',
    '1,5s',
    '1e3',
    'abc',
    null,
    {},
    true,
  ])('%j is none', (value) => {
    expect(parseDuration(value)).toBeUndefined();
  });
});
