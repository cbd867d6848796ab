import { Command } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { WireCommand, toBytes, toQuietBytes } from '../../../../lib/backend/redis/wire-command.js';

/** The bytes ioredis itself would send. */
const byIoredis = (name: string, args: (string | number | Buffer)[]): Buffer =>
  Buffer.from(new Command(name, args).toWritable({}));

const LONG = 'x'.repeat(70_000);

describe('a command on the wire', () => {
  it.each<[string, string, (string | number | Buffer)[]]>([
    ['without arguments', 'PING', []],
    ['of short texts and numbers', 'XREADGROUP', ['GROUP', 'g', 'c', 'COUNT', 16, 'BLOCK', 5_000]],
    ['with an empty text and empty bytes', 'SET', ['', Buffer.alloc(0)]],
    ['with ten and more arguments', 'DEL', Array.from({ length: 123 }, (_, i) => `key ${i}`)],
    [
      'with bytes of every kind',
      'SET',
      ['k', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
    ],
    ['with text that is not ASCII, short and long', 'SET', ['größe', `${LONG}→${'😀'.repeat(99)}`]],
    ['with a lone surrogate', 'SET', ['k', '\ud800']],
    ['with long bytes', 'EVALSHA', ['sha', 1, Buffer.from(LONG), LONG]],
    ['with text at the bound of what counts as short', 'SET', ['y'.repeat(64), 'ü'.repeat(64)]],
  ])('is the same as that of ioredis: %s', (_, name, args) => {
    expect(new WireCommand(name, args).toWritable().equals(byIoredis(name, args))).toBe(true);
  });

  it('may be there already, and may have something in front', () => {
    const get = byIoredis('GET', ['k']);
    expect(new WireCommand('GET', toBytes('GET', ['k'])).toWritable()).toEqual(get);
    const before = Buffer.from('before');
    for (const what of [['k'], toBytes('GET', ['k'])]) {
      const command = new WireCommand('GET', what);
      command.before = before;
      expect(command.toWritable()).toEqual(Buffer.concat([before, get]));
    }
  });

  it('that is not answered says so before it', () => {
    const skip = byIoredis('CLIENT', ['REPLY', 'SKIP']);
    const publish = byIoredis('PUBLISH', ['c', 'größe']);
    expect(toQuietBytes('PUBLISH', ['c', 'größe'])).toEqual(Buffer.concat([skip, publish]));
  });
});
