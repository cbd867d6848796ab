import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KEYS } from '../../../../lib/backend/redis/keys.js';
import { SharedKeys } from '../../../../lib/backend/redis/shared/keys.js';
import { sharedLayout } from '../../../../lib/backend/redis/shared/layout.js';
import { ScriptPacker, writeHeader } from '../../../../lib/codec/index.js';
import { CodecError, InvalidNameError } from '../../../../lib/errors/index.js';
import vectors from '../../../data/go-broker.json' with { type: 'json' };

const layout = sharedLayout('app_stream', "o'group");
const { scripts, keys, events } = layout;
const bytes = (fields: readonly string[]): Buffer[] => fields.map((field) => Buffer.from(field));

function header(): Buffer {
  const packer = new ScriptPacker();
  writeHeader(packer, { unique: 'u-1', address: 't:mail', attempts: 2 });
  return packer.finish();
}

describe('an entry of a shared stream', () => {
  it.each(vectors.entries)('of Go-Broker: $what', ({ id, fields, message, payload }) => {
    const read = layout.readEntry(id, bytes(fields));
    expect(read.envelope).toEqual(message);
    expect(read.payload.toString()).toBe(payload);
  });

  it('of ours: the header tells, whatever the order', () => {
    const fields = [
      ...bytes(['payload', '{}', 'h']),
      header(),
      ...bytes(['type', 'rpc', 'x', 'y']),
    ];
    const { envelope, payload } = layout.readEntry('77-0', fields);
    expect(envelope).toEqual({ unique: 'u-1', address: 't:mail', attempts: 2, enqueuedAt: 77 });
    expect(payload.toString()).toBe('{}');
  });

  it.each(vectors.unreadable)('that nobody can read: $what', ({ fields }) => {
    expect(() => layout.readEntry('1-0', bytes(fields))).toThrow(CodecError);
  });

  it('of a newer release is left to it', () => {
    const fields = [Buffer.from('h'), Buffer.from([2, 0x80])];
    expect(() => layout.readEntry('1-0', fields)).toThrow(
      expect.objectContaining({ code: 'CODEC', retryable: true }),
    );
  });
});

describe('an event beside it', () => {
  it.each(vectors.events)('of $channel is the payload', ({ channel, payload }) => {
    expect(keys.channel('event', channel)).toBe(channel);
    expect(Buffer.from(events!.encode('u', payload, { a: 'b' }))).toEqual(Buffer.from(payload));
    const [one] = events!.decode(Buffer.from(payload));
    const [other] = events!.decode(Buffer.from(payload));
    expect(one).toEqual({ unique: expect.any(String), payload: Buffer.from(payload) });
    expect(one?.unique).not.toBe(other?.unique);
  });
});

/** The part of a key that Redis Cluster hashes. */
function hashed(key: string): string {
  const open = key.indexOf('{');
  const close = key.indexOf('}', open + 1);
  return open === -1 || close <= open + 1 ? key : key.slice(open + 1, close);
}

describe('the keys around it', () => {
  it.each([
    ['app_stream', '{app_stream}:'],
    ['{orders}', '{orders}:{orders}:'],
    ['a:{orders}:b', '{orders}:a:{orders}:b:'],
    ['a{b', '{a{b}:'],
  ])('of %s lie in its slot', (stream, root) => {
    const names = new SharedKeys(stream);
    expect(names.root).toBe(root);
    expect(names.stream()).toBe(stream);
    expect(hashed(names.key('due'))).toBe(hashed(stream));
  });

  it.each(['a}b', '{}a', 'a{}'])('cannot be made for %s', (stream) => {
    expect(() => new SharedKeys(stream)).toThrow(InvalidNameError);
  });

  it('are never among those a Go-Broker client listens to', () => {
    expect(new SharedKeys('reply:').channel('reply', 'x')).toBe('{reply:}:rpl:x');
    expect(new SharedKeys('s').channel('control')).toBe('{s}:ctl');
  });
});

describe('its scripts', () => {
  const all = Object.values(scripts).filter(({ text }) => text.includes('local S, G ='));

  it('are all there', () => {
    const folder = new URL('../../../../lib/backend/redis/scripts/shared/', import.meta.url);
    const files = readdirSync(folder).filter((file) => file.endsWith('.lua'));
    const names = all.map(({ name }) => `${name}.lua`);
    expect(names).toEqual(expect.arrayContaining(files));
  });

  it.each(all.map((script) => [script.name, script] as const))(
    '%s names the stream, the group and the keys, and no group of our own',
    (_, { text, sha }) => {
      const quoted = [...Buffer.from('app_stream')].map((byte) => `\\${`00${byte}`.slice(-3)}`);
      expect(text).toContain(`local S, G = '${quoted.join('')}', '`);
      expect(text).not.toMatch(/@include|\$\w|'g'/);
      const known = new Set<string>(Object.values(KEYS));
      const used = [...text.matchAll(/\(T\.\.'([^']*)'\)/g)].map(([, key]) => key ?? '');
      expect(used.filter((key) => !known.has(key))).toEqual([]);
      expect(sha).toBe(createHash('sha1').update(text).digest('hex'));
    },
  );
});
