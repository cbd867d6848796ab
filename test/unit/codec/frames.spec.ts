import { describe, expect, it } from 'vitest';
import {
  FRAME,
  ScriptPacker,
  decodeErrorBody,
  decodeEvents,
  decodeFrames,
  encodeErrorBody,
  encodeEvent,
  encodeFrame,
} from '../../../lib/codec/index.js';

const BODIES = [
  ['nothing', ''],
  ['text', '{"a":"漢"}'],
  ['255 bytes', 'x'.repeat(255)],
  ['256 bytes', 'x'.repeat(256)],
  ['more than 64 KiB', 'ä'.repeat(40_000)],
  ['bytes that are no text', Buffer.from([0xff, 0, 0xc1, 0x80])],
] as const;

const packed = (value: Parameters<ScriptPacker['value']>[0]): Buffer => {
  const packer = new ScriptPacker();
  packer.value(value);
  return packer.finish();
};

describe('reply frames', () => {
  it.each(BODIES)('carry %s', (_, body) => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    for (const kind of Object.values(FRAME)) {
      const [frame, ...others] = decodeFrames(encodeFrame('u-1', 3, kind, body));
      expect(others).toEqual([]);
      expect({ ...frame, body: frame?.body.equals(bytes) }).toEqual({
        unique: 'u-1',
        sequence: 3,
        kind,
        body: true,
      });
    }
  });

  it.each([0, 127, 128, 65_536, 2 ** 32])('carry the number %d', (sequence) => {
    const [frame] = decodeFrames(encodeFrame('u', sequence, FRAME.value, ''));
    expect(frame?.sequence).toBe(sequence);
  });

  it('can follow each other without a separator', () => {
    const joined = Buffer.concat(
      BODIES.map(([, body], i) => encodeFrame(`u${i}`, i, FRAME.value, body)),
    );
    const frames = decodeFrames(joined);
    expect(frames.map(({ unique, sequence }) => [unique, sequence])).toEqual(
      BODIES.map((_, i) => [`u${i}`, i]),
    );
    const expected = BODIES.map(([, body]) => Buffer.from(body as string));
    expect(frames.map(({ body }, i) => body.equals(expected[i]!))).toEqual(BODIES.map(() => true));
  });

  it('own their bytes', () => {
    const bytes = encodeFrame('u', 0, FRAME.last, 'abc');
    const [frame] = decodeFrames(bytes);
    bytes.fill(0);
    expect(frame?.body.toString()).toBe('abc');
  });

  it('are refused when they are none, or end too early', () => {
    for (const odd of ['text', {}, 5, [], [5, 0, 0, 'x'], null]) {
      expect(() => decodeFrames(packed(odd))).toThrow('a reply frame is damaged');
    }
    const whole = encodeFrame('u-1', 0, FRAME.value, 'x'.repeat(50));
    for (let length = 1; length < whole.length; length += 1) {
      expect(() => decodeFrames(whole.subarray(0, length))).toThrow(Error);
    }
  });
});

describe('errors in a reply', () => {
  it('carry name, message, code and data, and never a stack', () => {
    const plain = { name: 'N', message: 'm 漢', code: 'C', data: { a: [1] } };
    const body = Buffer.from(encodeErrorBody({ ...plain, stack: 'secret' }));
    expect(body.toString()).not.toContain('secret');
    expect(decodeErrorBody(body)).toEqual(plain);
  });

  it('have a name and a message, whoever wrote them', () => {
    expect(decodeErrorBody(Buffer.from('{}'))).toEqual({ name: 'Error', message: 'unknown error' });
    expect(decodeErrorBody(Buffer.from('{"code":"C"}'))).toMatchObject({
      code: 'C',
      name: 'Error',
    });
  });
});

describe('event frames', () => {
  it.each(BODIES)('carry %s', (_, payload) => {
    const bytes = Buffer.from(payload as string);
    const headers = { a: 'ä', b: '' };
    const frames = [
      ...decodeEvents(encodeEvent('u-1', payload)),
      ...decodeEvents(encodeEvent('u-1', payload, headers)),
    ];
    expect(frames.map((frame) => ({ ...frame, payload: frame.payload.equals(bytes) }))).toEqual([
      { unique: 'u-1', payload: true },
      { unique: 'u-1', payload: true, headers },
    ]);
  });

  it('can follow each other without a separator', () => {
    const joined = Buffer.concat([
      encodeEvent('u1', 'a'),
      encodeEvent('u2', Buffer.from('b'), { h: '1' }),
      encodeEvent('u3', ''),
    ]);
    expect(decodeEvents(joined).map(({ unique, headers }) => [unique, headers])).toEqual([
      ['u1', undefined],
      ['u2', { h: '1' }],
      ['u3', undefined],
    ]);
  });

  it('are refused when they are none', () => {
    for (const odd of ['text', {}, 5, [], [5, 'x'], null]) {
      expect(() => decodeEvents(packed(odd))).toThrow('an event frame is damaged');
    }
  });
});
