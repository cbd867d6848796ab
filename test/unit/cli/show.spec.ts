import { describe, expect, it } from 'vitest';
import { escapeText, toJson } from '../../../lib/cli/escape.js';
import { table } from '../../../lib/cli/table.js';
import { age, rate } from '../../../lib/cli/units.js';

const EVIL = 'a\u001b]0;owned\u0007b\u009b2J\r\nc\u202ed\u{e0001}';
/** What no terminal may get to see. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('text from anywhere', () => {
  it('cannot drive the terminal', () => {
    expect(escapeText(EVIL)).toBe('a\\u001b]0;owned\\u0007b\\u009b2J\\r\\nc\\u202ed\\udb40\\udc01');
    expect(escapeText('Grüße, 世界 🎉')).toBe('Grüße, 世界 🎉');
  });

  it('is the same again when its JSON is read, and cannot drive the terminal there', () => {
    const json = toJson({ [EVIL]: [EVIL] });
    expect(JSON.parse(json)).toEqual({ [EVIL]: [EVIL] });
    expect(json.replaceAll('\n', '')).not.toMatch(OBEYED);
    expect(toJson(undefined)).toBe('null');
  });
});

describe('a table', () => {
  it('is aligned, numbers to the right, with a dash for nothing', () => {
    const rows = [
      { name: 'a', count: 1000 },
      { name: 'longer\n', count: undefined },
      { name: 'b', count: 7 },
    ];
    const lines = table(
      [
        { title: 'NAME', value: ({ name }: (typeof rows)[number]) => name },
        { title: 'COUNT', value: ({ count }) => count },
      ],
      rows,
    );
    expect(lines).toEqual([
      'NAME      COUNT',
      'a          1000',
      'longer\\n      -',
      'b             7',
    ]);
  });

  it('of nothing is its head', () => {
    expect(table([{ title: 'NAME', value: () => 'x' }], [])).toEqual(['NAME']);
  });
});

describe('times and rates', () => {
  it('are short', () => {
    const ages = [undefined, 0, 999, 1_000, 12_345, 90_000, 7_200_000, 864_000_000].map(age);
    expect(ages).toEqual([undefined, '0ms', '999ms', '1.0s', '12s', '1.5m', '2.0h', '10d']);
    expect(rate(30, 10, 2_000)).toBe('10');
    expect(rate(13, 10, 2_000)).toBe('1.5');
    expect(rate(10, 10, 2_000)).toBe('0');
    expect([rate(10, undefined, 2_000), rate(10, 5, 0)]).toEqual([undefined, undefined]);
  });

  it('are never below nothing, though counters begin anew', () => {
    expect(rate(1, 10, 1_000)).toBe('0');
  });
});
