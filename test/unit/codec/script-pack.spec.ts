import { isDeepStrictEqual } from 'node:util';
import { Unpackr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { type Packable, ScriptPacker, packForScript, unpack } from '../../../lib/codec/index.js';

const roundTrip = (value: Packable): unknown => unpack(packForScript(value));

describe('packForScript', () => {
  it.each([
    [null],
    [true],
    [false],
    [0],
    [1],
    [127],
    [128],
    [255],
    [65_535],
    [65_536],
    [2 ** 32 - 1],
    [2 ** 32],
    [Number.MAX_SAFE_INTEGER],
    [-1],
    [-(2 ** 40)],
    [0.1],
    [Number.MAX_VALUE],
    [Infinity],
    [''],
    ['\0'],
  ])('carries %s', (value) => {
    expect(roundTrip(value)).toBe(value);
  });

  it('writes numbers from 0 to 127 as one byte, and -0 as 0', () => {
    expect([...packForScript([0, 127, -0])]).toEqual([0x93, 0, 127, 0]);
    expect(roundTrip(Number.NaN)).toBeNaN();
  });

  it.each([0, 1, 15, 16, 31, 32, 47, 48, 49, 255, 256, 65_535, 65_536, 200_000])(
    'carries text of %d ASCII characters',
    (length) => {
      const text = 'x'.repeat(length);
      expect(roundTrip(text)).toBe(text);
    },
  );

  it.each([
    ['ä', 15],
    ['ä', 16],
    ['ä', 24],
    ['ä', 25],
    ['ä', 127],
    ['ä', 128],
    ['漢', 10],
    ['漢', 11],
    ['漢', 16],
    ['漢', 17],
    ['漢', 85],
    ['漢', 86],
    ['漢', 21_845],
    ['漢', 21_846],
    ['😀', 7],
    ['😀', 8],
    ['😀', 63],
    ['😀', 64],
    ['😀', 16_384],
  ])('carries %s, %d times: bytes and characters differ', (character, times) => {
    const text = character.repeat(times);
    expect(roundTrip(text)).toBe(text);
    expect(packForScript(text).includes(text)).toBe(true);
  });

  it('takes back what it began when a character late in a short text is not ASCII', () => {
    for (let length = 1; length <= 50; length += 1) {
      const list = ['a', `${'x'.repeat(length - 1)}ß`, 'b'];
      expect(roundTrip(list)).toEqual(list);
    }
  });

  it('writes half a pair of units as UTF-8 does', () => {
    expect(roundTrip('a\ud800b')).toBe('a\ufffdb');
  });

  it.each([0, 1, 31, 32, 255, 256, 65_535, 65_536])(
    'writes %d bytes as text, which is bytes in Lua',
    (length) => {
      const bytes = Buffer.alloc(length, 0xff);
      const packed = packForScript([bytes, 1]);
      expect(packed.subarray(-1 - length, -1).equals(bytes)).toBe(true);
      const asText = packForScript(['x'.repeat(length), 1]);
      expect(packed.subarray(0, -1 - length)).toEqual(asText.subarray(0, -1 - length));
    },
  );

  it.each([0, 1, 15, 16, 65_535, 65_536])('carries lists and maps of %d', (size) => {
    const list = Array.from({ length: size }, (_, i) => i);
    expect(isDeepStrictEqual(roundTrip(list), list)).toBe(true);
    const map = Object.fromEntries(list.map((i) => [`k${i}`, i]));
    expect(isDeepStrictEqual(roundTrip(map), map)).toBe(true);
  });

  it('leaves out what is undefined in a map, and has nothing for it in a list', () => {
    expect(roundTrip({ a: undefined, b: [1, { c: undefined }], d: null })).toEqual({
      b: [1, {}],
      d: null,
    });
  });

  it('says the same as msgpackr says', () => {
    const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true });
    const value = {
      list: [1, 'two', { three: [3.5, -4, false] }],
      empty: {},
      long: 'é'.repeat(300),
    };
    expect(unpackr.unpack(packForScript(value))).toEqual(value);
  });
});

describe('ScriptPacker', () => {
  it.each([0, 4_000, 8_100, 8_180, 8_190, 70_000])(
    'grows without a gap, behind %d bytes',
    (filled) => {
      const packer = new ScriptPacker();
      packer.list(5);
      packer.text('-'.repeat(filled));
      packer.text('x'.repeat(40));
      packer.value(2 ** 40);
      packer.value(Buffer.from('y'.repeat(300)));
      packer.binary('ä'.repeat(300));
      expect(unpack(packer.finish())).toEqual([
        '-'.repeat(filled),
        'x'.repeat(40),
        2 ** 40,
        'y'.repeat(300),
        Buffer.from('ä'.repeat(300)),
      ]);
    },
  );

  it('gives bytes that nothing packed later changes, also beside one that is not finished', () => {
    const unfinished = new ScriptPacker();
    unfinished.list(2);
    unfinished.text('first');
    const beside = packForScript('beside');
    unfinished.text('second');
    const whole = unfinished.finish();
    unfinished.text('too late');
    const after = packForScript(['after', 1]);
    expect([whole, beside, after].map((bytes) => unpack(bytes))).toEqual([
      ['first', 'second'],
      'beside',
      ['after', 1],
    ]);
  });

  it('nests what was packed as one text', () => {
    const packer = new ScriptPacker();
    packer.list(2);
    packer.nested(() => {
      packer.list(2);
      packer.text('inner'.repeat(20));
      packer.value(5);
    });
    packer.text('after');
    const packed = packer.finish();
    const [head, tail] = [Buffer.of(0x92, 0xdb), packForScript('after')];
    expect(packed.subarray(0, 2)).toEqual(head);
    const inner = packed.subarray(6, 6 + packed.readUInt32BE(2));
    expect(unpack(inner)).toEqual(['inner'.repeat(20), 5]);
    expect(packed.subarray(6 + inner.length)).toEqual(tail);
  });

  it.each([0, 255, 256, 65_535, 65_536])('writes %d bytes as bytes', (length) => {
    const packer = new ScriptPacker();
    const bytes = Buffer.alloc(length, 0xfe);
    packer.binary(bytes);
    expect(bytes.equals(unpack(packer.finish()) as Buffer)).toBe(true);
  });
});
