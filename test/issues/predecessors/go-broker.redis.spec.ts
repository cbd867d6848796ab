import { describe } from 'vitest';
import { SCRIPTS } from '../../../lib/backend/redis/scripts.js';
import type { TaskToSend } from '../../../lib/runtime/index.js';
import { ask } from '../../faults/ask.js';
import { faultTest } from '../../faults/fault-test.js';
import { range } from '../../faults/range.js';
import type { Fact } from '../../faults/work.js';

const started = ({ what }: Fact): boolean => what === 'started';
const ended = ({ what }: Fact): boolean => what === 'ended';

const batch = (count: number): TaskToSend[] =>
  range(count).map((n) => ({ name: 'work', data: { n } }));

const question = (n: number): Parameters<typeof ask>[1] => ({ name: 'ask', data: { n } });

describe('unlike Go-Broker, which', () => {
  faultTest('handles nothing after a FLUSHALL', async ({ app, expect }) => {
    const { runtime, facts } = await app.start({ tasks: ['work'] });
    await runtime.sender.enqueue(batch(1));
    await facts.until(ended);
    await app.redis.flushall();
    await runtime.sender.enqueue(batch(10));

    await facts.count(11, ended, { within: 10_000 });
    expect(await app.counters()).toMatchObject({ added: 10 });
  });

  faultTest('sends every reply to every client', async ({ app, expect }) => {
    await app.start({ requests: ['ask'] });
    const clients = range(10).map(() => app.broker());
    for (const { runtime } of clients) {
      await runtime.connect();
      await ask(runtime.sender, question(1));
    }

    expect(await app.redis.pubsub('NUMPAT')).toBe(0);
    const channels = (await app.redis.pubsub('CHANNELS', '*:rpl:*')) as string[];
    expect(channels).toHaveLength(10);
    const counts = await app.redis.pubsub('NUMSUB', ...channels);
    expect(counts.filter((count) => typeof count === 'number')).toEqual(range(10).map(() => 1));
  });

  faultTest('loses a reply that is published during a reconnect', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const server = await app.start({ requests: ['ask'] });
    const client = app.broker({ through: proxy });
    await client.runtime.connect();
    await ask(client.runtime.sender, question(0));
    const data = { n: 1, hold: true };
    const answer = ask(client.runtime.sender, { name: 'ask', data, options: { mode: 'reliable' } });
    await server.facts.until((fact) => started(fact) && fact.n === 1);
    proxy.refuse();
    expect(proxy.cut(/:events$/)).toBe(1);
    server.workshop.release(1);
    await app.counted({ done: 2 });
    proxy.accept();

    expect(await answer).toMatchObject({ n: 1 });
  });

  faultTest('opens a connection for every request', async ({ app, expect }) => {
    await app.start({ requests: ['ask'] });
    const { runtime } = app.broker();
    await runtime.connect();
    await ask(runtime.sender, question(0));
    const opened = async (): Promise<string | undefined> =>
      /total_connections_received:(\d+)/.exec(await app.redis.info('stats'))?.[1];
    const before = await opened();
    for (const n of range(100)) await ask(runtime.sender, question(n));

    expect(await opened()).toBe(before);
  });

  faultTest('sends twice when a reply is late', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const { runtime } = app.broker({ through: proxy });
    await runtime.connect();
    await runtime.sender.enqueue(batch(1));
    const lost = proxy.loseReply(SCRIPTS.add.sha);
    await Promise.all([runtime.sender.enqueue(batch(1)), lost]);

    expect(await app.redis.xlen(app.keys.stream('t:work'))).toBe(2);
  });
});
