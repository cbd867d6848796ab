import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../lib/message/index.js';

// test/unit/config/duration.spec.ts has what people write in options; these are what code may hand in
describe('parseDuration', () => {
  it('keeps numbers as they are, and makes whole milliseconds of text', () => {
    expect([parseDuration(0.5), parseDuration('1.0004s'), parseDuration('0.4ms')]).toEqual([
      0.5, 1_000, 0,
    ]);
  });

  it.each([[-0.1], [-Infinity], ['x'.repeat(500)], [10n], [[5]]])('refuses %s', (value) => {
    expect(parseDuration(value)).toBeUndefined();
  });
});
