import { describe, expect, it } from 'vitest';
import { ScriptPacker, decodeEntry, decodeHeader, writeHeader } from '../../../lib/codec/index.js';
import type { Envelope } from '../../../lib/message/index.js';
import { failureOf } from '../runtime/failure-of.js';

function encode(envelope: Envelope): Buffer {
  const packer = new ScriptPacker();
  writeHeader(packer, envelope);
  return packer.finish();
}

/** Version byte, then whatever is given. */
function raw(map: Parameters<ScriptPacker['value']>[0], version = 1): Buffer {
  const packer = new ScriptPacker();
  packer.byte(version);
  packer.value(map);
  return packer.finish();
}

const BASE: Envelope = { unique: 'u-1', address: 't:mail' };
const BACKOFF = { type: 'exponential', delay: 5, max: 60_000, jitter: 0.5 } as const;
const FULL: Required<Envelope> = {
  ...BASE,
  key: 'customer 漢',
  attempts: 3,
  lost: 1,
  enqueuedAt: 1_750_000_000_123,
  ttl: 70_000,
  replyTo: 'p:a:rpl:x',
  keepReply: 31_000,
  repeatable: true,
  correlation: 'host-1c',
  policy: { attempts: 5, backoff: BACKOFF, timeout: 1_000 },
  headers: { trace: 'a'.repeat(300), empty: '' },
  target: 'service-host-1-x',
  forwarded: true,
};

describe('a header', () => {
  it.each(Object.keys(FULL) as (keyof Envelope)[])('carries %s', (field) => {
    const envelope = { ...BASE, [field]: FULL[field] };
    expect(decodeHeader(encode(envelope))).toEqual(envelope);
  });

  it('carries everything at once, and nothing that is undefined', () => {
    expect(decodeHeader(encode(FULL))).toEqual(FULL);
    const sparse = { ...BASE, key: undefined, attempts: 0 } as unknown as Envelope;
    expect(encode(sparse)).toEqual(encode({ ...BASE, attempts: 0 }));
  });

  it.each([0, 127, 128, 2 ** 32 - 1, 2 ** 32, 0.5])('carries the number %d', (ttl) => {
    expect(decodeHeader(encode({ ...BASE, ttl })).ttl).toBe(ttl);
  });

  it.each([28, 29, 30, 31, 46, 200, 253, 254, 255])(
    'carries a name of %d bytes, also in two-byte letters',
    (bytes) => {
      for (const name of ['a'.repeat(bytes), 'ä'.repeat(bytes / 2)]) {
        expect(decodeHeader(encode({ ...BASE, address: `r:${name}` })).address).toBe(`r:${name}`);
      }
    },
  );

  it('says when it was accepted, or leaves that to its first entry', () => {
    expect(decodeHeader(encode(BASE), 7).enqueuedAt).toBe(7);
    expect(decodeHeader(encode({ ...BASE, enqueuedAt: 5 }), 7).enqueuedAt).toBe(5);
  });

  it('is read the same way whatever the order of its parts, and with parts a newer release added', () => {
    const expected = { ...BASE, attempts: 2 };
    expect(decodeHeader(raw({ n: 't:mail', a: 2, i: 'u-1' }))).toEqual(expected);
    expect(decodeHeader(raw({ i: 'u-1', z: 'new', n: 't:mail', a: 2 }))).toEqual(expected);
    expect(decodeHeader(raw({ i: 'u-1', n: 't:mail', a: 2, long: [1, { x: true }] }))).toEqual(
      expected,
    );
  });

  it('is read the same way on the short and on the general path', () => {
    for (const flat of [
      { i: 'u-1', n: 't:mail' },
      { i: '', n: 'r:' },
      {
        i: 'u'.repeat(40),
        n: `t:${'漢'.repeat(80)}`,
        k: 'k',
        t: 1_750_000_000_123,
        l: 127,
        a: 128,
      },
    ]) {
      const general = decodeHeader(raw({ ...flat, zz: null }));
      expect(decodeHeader(raw(flat))).toEqual(general);
    }
  });

  it.each([
    ['no id', { n: 't:a' }],
    ['no name', { i: 'u' }],
    ['a name of no kind', { i: 'u', n: 'mail' }],
    ['a name of an unknown kind', { i: 'u', n: 'x:mail' }],
    ['an id that is a number', { i: 5, n: 't:a' }],
    ['a name that is a number', { i: 'u', n: 5 }],
    ['no map', 'text'],
    ['a list', ['i', 'u']],
    ['nothing', null],
  ])('is refused for good with %s, on both paths', (_, map) => {
    const spoilt = typeof map === 'object' && map !== null && !Array.isArray(map);
    for (const each of spoilt ? [map, { ...map, zz: null }] : [map]) {
      const failure = failureOf(() => decodeHeader(raw(each)));
      expect(failure).toMatchObject({ code: 'CODEC', retryable: false });
      expect(failure.message).toBe('the header of the message lacks its id or its name');
    }
  });

  it.each([0, 2, 255])('of version %d is left to a newer release', (version) => {
    expect(() => decodeHeader(raw({ i: 'u', n: 't:a' }, version))).toThrow(
      expect.objectContaining({
        code: 'CODEC',
        retryable: true,
        message: `header version ${version} is unknown, this release reads 1`,
      }),
    );
    expect(() => decodeHeader(Buffer.alloc(0))).toThrow('header version none is unknown');
  });

  it('is refused for good wherever it was cut, and with anything behind it', () => {
    for (const whole of [encode(BASE), encode(FULL), encode({ ...BASE, ttl: 2 ** 40 })]) {
      for (let length = 1; length < whole.length; length += 1) {
        const failure = failureOf(() => decodeHeader(whole.subarray(0, length)));
        expect(failure).toMatchObject({ code: 'CODEC', retryable: false });
      }
      const longer = Buffer.concat([whole, Buffer.of(1)]);
      expect(failureOf(() => decodeHeader(longer))).toMatchObject({ code: 'CODEC' });
    }
  });

  it('makes nothing but an envelope or a CODEC error of any bytes', () => {
    let seed = 5;
    const next = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    const [whole, outcomes] = [encode(FULL), { read: 0, refused: 0 }];
    for (let i = 0; i < 1_000; i += 1) {
      const damaged = Buffer.from(whole);
      damaged[1 + next(whole.length - 1)] = next(256);
      try {
        expect(decodeHeader(damaged).address).toMatch(/^[tr]:/);
        outcomes.read += 1;
      } catch (error) {
        expect(error).toMatchObject({ code: 'CODEC' });
        outcomes.refused += 1;
      }
    }
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(50);
  });
});

describe('an entry', () => {
  const entry = (payload: string | Uint8Array, envelope: Envelope = FULL): Buffer => {
    const packer = new ScriptPacker();
    packer.sized(() => writeHeader(packer, envelope));
    packer.raw(payload);
    return packer.finish();
  };

  it.each(['', '{"a":"漢"}', Buffer.from([0, 0xff, 1]), 'x'.repeat(20_000)])(
    'is its header and its payload',
    (payload) => {
      const read = decodeEntry(entry(payload));
      expect(read.envelope).toEqual(FULL);
      expect(read.payload.equals(Buffer.from(payload as string))).toBe(true);
    },
  );

  it.each([BASE, FULL])(
    'takes no byte of the payload for the header, nor the reverse',
    (envelope) => {
      const whole = entry('x'.repeat(300), envelope);
      const length = whole.readUInt32BE(0);
      for (let wrong = 1; wrong < whole.length - 4; wrong += 1) {
        if (wrong === length) continue;
        const damaged = Buffer.from(whole);
        damaged.writeUInt32BE(wrong);
        expect(failureOf(() => decodeEntry(damaged))).toMatchObject({ code: 'CODEC' });
      }
    },
  );

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['half a length', Buffer.from([0, 0, 0])],
    ['less than it says', Buffer.from([0, 0, 0, 2, 1])],
    ['far less', Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 0x80])],
  ])('is refused for good when there is %s', (_, damaged) => {
    const failure = failureOf(() => decodeEntry(damaged));
    expect(failure).toMatchObject({ code: 'CODEC', retryable: false });
    expect(failure.message).toBe('the entry of the message is damaged');
  });
});
