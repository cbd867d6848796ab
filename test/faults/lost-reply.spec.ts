import { Redis } from 'ioredis';
import type { BrokerClient } from 'nestjs-broker';
import { describe, expect } from 'vitest';
import { SCRIPTS } from '../../lib/backend/redis/scripts.js';
import { packForScript } from '../../lib/codec/index.js';
import type { TaskToSend } from '../../lib/runtime/index.js';
import { eventually } from '../support/eventually.js';
import { testClient } from '../support/test-app.js';
import { faultTest } from './fault-test.js';
import { range } from './range.js';

const add = SCRIPTS.add.sha;

describe('the reply to a send is lost', () => {
  faultTest('a client with the defaults of ioredis writes twice', async ({ app }) => {
    const proxy = await app.proxy();
    const client = new Redis(proxy.url);
    await client.ping();
    const lost = proxy.loseReply('plain-entry');
    await Promise.all([client.xadd('plain', '*', 'field', 'plain-entry'), lost]);
    client.disconnect();

    // the proof that the proxy loses the reply and not the request
    expect(await app.redis.xlen('plain')).toBe(2);
  });

  faultTest('one send makes one message, however often it happens', async ({ app }) => {
    const proxy = await app.proxy();
    const { runtime } = app.broker({ through: proxy });
    await runtime.connect();
    await runtime.sender.enqueue([{ name: 'warm', data: {} }]);

    for (const n of range(20)) {
      const lost = proxy.loseReply(add);
      const task = { name: 'once', data: { n } };
      const [sent] = await Promise.all([runtime.sender.enqueue([task]), lost]);
      expect(sent).toMatchObject([{ duplicate: false }]);
    }

    expect(await app.redis.xlen(app.keys.stream('t:once'))).toBe(20);
    expect(await app.counters()).toMatchObject({ added: 21, duplicates: 0 });
  });

  faultTest('also when the answers to the second and third try are lost', async ({ app }) => {
    const proxy = await app.proxy();
    const { runtime } = app.broker({ through: proxy });
    await runtime.connect();
    const batch = range(256).map((n): TaskToSend => ({ name: 'batch', data: { n } }));
    const lost = Promise.all(range(3).map(async () => await proxy.loseReply(add)));

    const [sent] = await Promise.all([runtime.sender.enqueue(batch), lost]);

    expect(sent).toHaveLength(256);
    expect(await app.redis.xlen(app.keys.stream('t:batch'))).toBe(256);
  });

  faultTest('keyed, delayed and deduplicated messages are no exception', async ({ app }) => {
    const proxy = await app.proxy();
    const { runtime } = app.broker({ through: proxy });
    await runtime.connect();
    await runtime.sender.enqueue([{ name: 'mixed', data: {}, options: { dedupeId: 'first' } }]);
    const batch: TaskToSend[] = [
      { name: 'mixed', data: { n: 1 }, options: { key: 'k' } },
      { name: 'mixed', data: { n: 2 }, options: { key: 'k' } },
      { name: 'mixed', data: { n: 3 }, options: { delay: 60_000 } },
      { name: 'mixed', data: { n: 4 }, options: { dedupeId: 'first' } },
      { name: 'mixed', data: { n: 5 }, options: { dedupeId: 'second' } },
    ];
    const lost = proxy.loseReply(add);

    const [sent] = await Promise.all([runtime.sender.enqueue(batch), lost]);

    // the second answer is the first one, duplicates included
    expect(sent.map(({ duplicate }) => duplicate)).toEqual([false, false, false, true, false]);
    const { counters, delayed, gated, names } = await app.stats();
    expect(counters).toMatchObject({ added: 5, duplicates: 1 });
    expect({ delayed, gated }).toEqual({ delayed: 1, gated: 1 });
    expect(names).toMatchObject([{ name: 'mixed', waiting: 3 }]);
  });

  faultTest(
    'a request that arrives long after it was sent again changes nothing',
    async ({ app }) => {
      const proxy = await app.proxy();
      const { runtime } = app.broker({ through: proxy, settings: { sendTimeout: 10_000 } });
      await runtime.connect();
      const send = async (n: number): Promise<unknown> =>
        await runtime.sender.enqueue([{ name: 'late', data: { n } }]);
      await send(0);
      const hole = proxy.blackHole({ which: /:commands$/, direction: 'requests', lasting: false });

      // sent again over a new connection, and much after it
      await send(1);
      for (const n of range(20, 2)) await send(n);
      hole.heal('deliver');
      const commands = (): number =>
        proxy.names.filter((name) => name.endsWith(':commands')).length;
      await eventually(() => commands() === 1);

      expect(await app.redis.xlen(app.keys.stream('t:late'))).toBe(22);
      expect(await app.counters()).toMatchObject({ added: 22 });
    },
  );

  faultTest('a number that was used again since is refused', async ({ app }) => {
    const { runtime } = app.broker();
    await runtime.connect();
    for (const n of range(12)) await runtime.sender.enqueue([{ name: 'old', data: { n } }]);
    const { root } = app.keys;
    const producers = app.keys.key('producer');
    const [producer = ''] = await app.redis.keys(`${producers}*`);
    const again = async (number: number): Promise<unknown> => {
      const batch = packForScript({ m: ['t:old', 'entry', false] });
      const rest = [batch, '', 'reject', app.keys.channel('control')] as const;
      const name = producer.slice(producers.length);
      return await app.redis.evalsha(add, 1, root, name, number, ...rest);
    };

    for (const number of [1, 2]) await expect(again(number)).rejects.toThrow(/TOOLATE/);
    for (const number of [3, 12]) expect(await again(number)).toEqual([]);
    expect(await app.redis.xlen(app.keys.stream('t:old'))).toBe(12);
    expect(await again(13)).toEqual([]);
    expect(await app.redis.xlen(app.keys.stream('t:old'))).toBe(13);
    await expect(again(3)).rejects.toThrow(/TOOLATE/);
  });

  faultTest('a client gives up after as many tries as it was told', async ({ app }) => {
    const proxy = await app.proxy();
    const client = (maxRetries: number): BrokerClient =>
      testClient({
        mode: 'redis',
        prefix: 'test',
        appName: app.keys.appName,
        redis: { url: proxy.url, maxRetries },
      });
    const [never, once] = [client(0), client(1)];
    for (const one of [never, once]) await one.enqueue('warm', {});

    const first = proxy.loseReply(add);
    const failure = never.enqueue('bounded', 1).catch((error: unknown) => error);
    await first;
    expect(await failure).toMatchObject({ code: 'BACKEND_UNAVAILABLE', outcome: 'unknown' });

    const second = proxy.loseReply(add);
    const [sent] = await Promise.all([once.enqueue('bounded', 2), second]);
    expect(sent).toMatchObject({ duplicate: false });
    // the one whose reply was lost had arrived
    expect(await app.redis.xlen(app.keys.stream('t:bounded'))).toBe(2);
  });
});
