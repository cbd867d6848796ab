import { describe, expect, it } from 'vitest';
import { jsonCodec } from '../../../lib/codec/index.js';

describe('jsonCodec', () => {
  it.each([[null], [0], [''], [false], ['漢😀'], [[1, [2]]], [{ a: { b: null } }]])(
    'carries %j',
    (value) => {
      expect(jsonCodec.decode(Buffer.from(jsonCodec.encode(value)))).toEqual(value);
    },
  );

  it('carries undefined as nothing at all', () => {
    expect(jsonCodec.encode(undefined)).toBe('');
    expect(jsonCodec.decode(Buffer.alloc(0))).toBeUndefined();
  });

  it('refuses what has no JSON form', () => {
    expect(() => jsonCodec.encode(() => 1)).toThrow('a function has no JSON form');
    expect(() => jsonCodec.encode(Symbol('s'))).toThrow('a symbol has no JSON form');
    expect(() => jsonCodec.encode(1n)).toThrow(TypeError);
  });
});
