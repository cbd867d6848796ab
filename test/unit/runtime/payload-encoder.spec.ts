import { describe, expect, it } from 'vitest';
import { type PayloadCodec, jsonCodec } from '../../../lib/codec/index.js';
import { PayloadEncoder, checkHeaders } from '../../../lib/runtime/payload-encoder.js';
import { failureOf } from './failure-of.js';

const text: PayloadCodec = {
  encode: (value) => value as string | Uint8Array,
  decode: (bytes) => bytes.toString(),
};

describe('PayloadEncoder', () => {
  it.each([
    ['ASCII', 'abcdefghij'],
    ['two bytes', 'äöüßé'],
    ['three bytes and one', '漢字漢a'],
    ['a pair of units in four bytes', '😀😀äa'.slice(0, 5)],
    ['bytes', Buffer.alloc(10)],
  ])('counts bytes, not characters: %s', (_, payload) => {
    const bytes = Buffer.byteLength(payload);
    expect(new PayloadEncoder(text, bytes).encode('a', payload)).toBe(payload);
    expect(() => new PayloadEncoder(text, bytes - 1).encode('a', payload)).toThrow(
      expect.objectContaining({
        code: 'PAYLOAD_TOO_LARGE',
        outcome: 'not-sent',
        message: `the payload of "a" is ${bytes} bytes, at most ${bytes - 1} are allowed (option maxPayload)`,
      }),
    );
  });

  it.each([
    ['a bigint', { n: 1n }],
    [
      'a circle',
      (() => {
        const o: { o?: object } = {};
        o.o = o;
        return o;
      })(),
    ],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
  ])('refuses %s before it is sent', (_, value) => {
    const failure = failureOf(() => new PayloadEncoder(jsonCodec, 100).encode('mail', value));
    expect(failure).toMatchObject({ code: 'CODEC', outcome: 'not-sent', retryable: false });
    expect(failure.message).toMatch(/^the payload of "mail" cannot be encoded: ./);
    expect(failure.cause).toBeInstanceOf(TypeError);
  });

  it('says why a payload cannot be decoded, whatever the codec throws', () => {
    const encoder = new PayloadEncoder(jsonCodec, 100);
    expect(encoder.decode('a', Buffer.from('{"a":1}'))).toEqual({ a: 1 });
    const failure = failureOf(() => encoder.decode('mail', Buffer.from('{')));
    expect(failure).toMatchObject({ code: 'CODEC', cause: expect.any(SyntaxError) as Error });
    expect(failure.message).toMatch(/^the payload of "mail" cannot be decoded: ./);
    const moody: PayloadCodec = {
      ...text,
      decode: () => {
        // eslint-disable-next-line typescript/only-throw-error -- that is the point
        throw 'no';
      },
    };
    expect(() => new PayloadEncoder(moody, 1).decode('a', Buffer.of())).toThrow('decoded: no');
  });
});

describe('checkHeaders', () => {
  it('takes texts by name, and makes a copy', () => {
    const headers = { a: '1', b: '' };
    const checked = checkHeaders(headers);
    expect(checked).toEqual(headers);
    expect(checked).not.toBe(headers);
  });

  it('leaves out headers without a name in them', () => {
    expect([checkHeaders(undefined), checkHeaders({})]).toEqual([undefined, undefined]);
  });

  it.each([[null], [['a']], ['a'], [1], [{ a: 1 }], [{ a: undefined }], [{ a: '1', b: null }]])(
    'refuses %j',
    (headers) => {
      expect(() => checkHeaders(headers)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTIONS', outcome: 'not-sent' }),
      );
    },
  );
});
