import { EventEmitter } from 'node:events';
import type { Command } from 'ioredis';
import { describe, expect, it } from 'vitest';
import type { Connections } from '../../../../lib/backend/redis/connections.js';
import { RedisLink } from '../../../../lib/backend/redis/link.js';
import type { Script } from '../../../../lib/backend/redis/load-script.js';

/** As much of ioredis as a link needs; `answer` is what the server does with a command. */
class FakeRedis extends EventEmitter {
  readonly status = 'ready';
  readonly seen: (readonly [name: string, ...args: unknown[]])[] = [];

  constructor(
    readonly answer: (command: Command) => void,
    readonly mayBeQuiet = true,
  ) {
    super();
  }

  /** What leaves, as it leaves. */
  readonly written: string[] = [];
  readonly stream = { write: (bytes: Buffer) => this.written.push(bytes.toString()) };

  async client(what: string): Promise<string> {
    if (what === 'INFO') return 'id=1 addr=127.0.0.1:1';
    if (this.mayBeQuiet) return 'OK';
    throw Object.assign(new Error('NOPERM'), { name: 'ReplyError' });
  }

  async info(): Promise<string> {
    return 'loading:0';
  }

  disconnects = 0;
  disconnect(): void {
    this.disconnects += 1;
  }

  sendCommand(command: Command): void {
    this.seen.push([command.name, ...command.args]);
    this.stream.write(command.toWritable({}) as Buffer);
    this.answer(command);
  }
}

async function open(answer: (command: Command) => void, mayBeQuiet?: boolean) {
  const redis = new FakeRedis(answer, mayBeQuiet);
  const connections = { follows: false, make: () => redis } as unknown as Connections;
  const link = new RedisLink(connections, 'test');
  redis.emit('ready');
  expect(await link.whenUp(5_000)).toBe(true);
  return { link, redis };
}

const script: Script = { name: 'add', text: 'return 1', sha: 'abc' };

describe('a link', () => {
  it('sends nothing while it is down', async () => {
    const connections = { follows: false, make: () => new FakeRedis(() => undefined) };
    const link = new RedisLink(connections as unknown as Connections, 'test');
    await expect(link.call('PING', [])).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      outcome: 'not-sent',
    });
  });

  it('says that a command could not be written', async () => {
    const error = new RangeError('too large');
    const { link } = await open(() => {
      throw error;
    });
    await expect(link.call('SET', ['k', 'v'])).rejects.toBe(error);
    await expect(link.run(script, [])).rejects.toBe(error);
  });

  it('gives up a server that does not answer', async () => {
    const { link, redis } = await open(() => undefined);
    await expect(link.call('PING', [], 1)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      outcome: 'unknown',
      message: 'no reply to PING within 1 ms',
    });
    expect(redis.disconnects).toBe(1);
  });

  it('runs a script by its text where its digest is unknown, and only there', async () => {
    const { link, redis } = await open((command) => {
      if (command.name === 'EVAL') command.resolve('done');
      else command.reject(new Error('NOSCRIPT No matching script'));
    });
    expect(await link.run(script, ['root', 1])).toBe('done');
    await expect(link.runKnown(script, ['root', 1])).rejects.toThrow('NOSCRIPT');
    expect(redis.seen).toEqual([
      ['evalsha', 'abc', 1, 'root', 1],
      ['EVAL', 'return 1', 1, 'root', 1],
      ['evalsha', 'abc', 1, 'root', 1],
    ]);
  });

  it('says what is not answered in one piece with what comes next, or by itself', async () => {
    const { link, redis } = await open((command) => command.resolve('done'));
    expect(link.quiet).toBe(true);
    link.tell(Buffer.from('one '));
    link.tell(Buffer.from('two '));
    await link.call('PING', []);
    link.tell(Buffer.from('three'));
    expect(redis.written).toEqual(['one two *1\r\n$4\r\nPING\r\n']);
    await Promise.resolve();
    expect(redis.written).toHaveLength(2);
    expect(redis.written[1]).toBe('three');
  });

  it('knows when every command is answered', async () => {
    const { link } = await open(() => undefined, false);
    expect(link.quiet).toBe(false);
  });

  it('runs it once where something else is wrong', async () => {
    const { link, redis } = await open((command) => command.reject(new Error('OOM')));
    await expect(link.run(script, [])).rejects.toThrow('OOM');
    expect(redis.seen).toHaveLength(1);
  });
});
