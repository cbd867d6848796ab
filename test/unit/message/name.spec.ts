import { describe, expect, it } from 'vitest';
import { checkName, checkNamespace, joinName } from '../../../lib/message/index.js';

const refused = (message: string) =>
  expect.objectContaining({ code: 'INVALID_NAME', outcome: 'not-sent', message }) as Error;

describe('checkName', () => {
  it.each([
    ['one byte each', 'a'.repeat(255)],
    ['two bytes each', `${'ä'.repeat(127)}a`],
    ['three bytes each', '漢'.repeat(85)],
    ['four bytes each', `${'😀'.repeat(63)}abc`],
  ])('counts 255 bytes, not characters: %s', (_, name) => {
    expect(Buffer.byteLength(name)).toBe(255);
    expect(checkName('x', name)).toBe(name);
    expect(() => checkName('the key', `${name}a`)).toThrow(
      /^the key is 256 bytes long, at most 255/,
    );
  });

  it('takes any text: spaces, colons, line ends', () => {
    for (const name of ['orders.create', 'a:b:c', ' ', 'a\nb', '\0', '{a}']) {
      expect(checkName('x', name)).toBe(name);
    }
  });

  it('refuses what is no text or empty', () => {
    expect(() => checkName('the key', '')).toThrow(refused('the key must not be empty'));
    expect(() => checkName('the key', 5)).toThrow(refused('the key must be a string, got number'));
    expect(() => checkName('the key', undefined)).toThrow('got undefined');
  });

  it('does not repeat all of a name that is far too long', () => {
    expect(() => checkName('x', 'a'.repeat(1e6))).toThrow(
      refused(`x is 1000000 bytes long, at most 255 are allowed: "${'a'.repeat(40)}…"`),
    );
  });
});

describe('checkNamespace', () => {
  it('is a name without braces', () => {
    expect(checkNamespace('prefix', 'my:app')).toBe('my:app');
    for (const name of ['{a', 'a}', 'a{b}c']) {
      expect(() => checkNamespace('prefix', name)).toThrow(
        refused(`prefix must not contain braces: "${name}"`),
      );
    }
    expect(() => checkNamespace('prefix', '')).toThrow('prefix must not be empty');
  });
});

describe('joinName', () => {
  it('puts the group before the name', () => {
    expect([joinName('orders', 'create'), joinName('', 'a'), joinName(undefined, 'a')]).toEqual([
      'orders.create',
      'a',
      'a',
    ]);
  });
});
