import { expect, it } from 'vitest';
import { ReadArguments } from '../../../../lib/backend/redis/read-arguments.js';
import { toBytes } from '../../../../lib/backend/redis/wire-command.js';

const expected = (count: number, ...keys: string[]): Buffer => {
  const ids = keys.map(() => '>');
  const args = ['GROUP', 'g', 'me', 'COUNT', count, 'BLOCK', 500, 'STREAMS', ...keys, ...ids];
  return toBytes('XREADGROUP', args);
};

it('a read that waits is put together anew when it differs from the last one', () => {
  const reads = new ReadArguments('g', 'me', 500);
  const first = reads.wait(['a', 'b'], 16);
  expect(first).toEqual(expected(16, 'a', 'b'));
  expect(reads.wait(['a', 'b'], 16)).toBe(first);
  expect(reads.wait(['a', 'b'], 32)).toEqual(expected(32, 'a', 'b'));
  expect(reads.wait(['a', 'c'], 32)).toEqual(expected(32, 'a', 'c'));
  expect(reads.wait(['a'], 32)).toEqual(expected(32, 'a'));
  expect(reads.take(['a'], 3, '0')).toEqual(['GROUP', 'g', 'me', 'COUNT', 3, 'STREAMS', 'a', '0']);
});
