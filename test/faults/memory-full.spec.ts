import { describe, expect } from 'vitest';
import { auditRedis } from '../support/redis-audit.js';
import { eventually } from '../support/eventually.js';
import { ask } from './ask.js';
import { TAKEOVER, TTL } from './broker.js';
import type { FaultApp } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { range } from './range.js';
import { sorted } from './sorted.js';
import type { Fact } from './work.js';

const started = ({ what }: Fact): boolean => what === 'started';
const ended = ({ what }: Fact): boolean => what === 'ended';

const settings = { maxJobs: 4, sendTimeout: 500 };

const fill = async ({ redis }: FaultApp): Promise<unknown> =>
  await redis.config('SET', 'maxmemory', '1mb');
const empty = async ({ redis }: FaultApp): Promise<unknown> =>
  await redis.config('SET', 'maxmemory', '0');

/** Every message is in one place at most. */
async function placesOf({ redis, keys }: FaultApp): Promise<string[][]> {
  const { places } = await auditRedis(redis, keys);
  return [...places.values()].map((found) => [...found]);
}

describe('the memory of Redis is full', () => {
  faultTest('new messages are refused, what waits is handled and makes room', async ({ app }) => {
    const consumer = await app.start({ tasks: ['work'], requests: ['ask'], settings });
    const { sender } = consumer.runtime;
    const key = { key: 'k' };
    await sender.enqueue([
      { name: 'work', data: { n: 0, hold: true } },
      { name: 'work', data: { n: 1, hold: true, failures: 1 } },
      { name: 'work', data: { n: 2, hold: true, failures: 9 }, options: { attempts: 1 } },
      { name: 'work', data: { n: 3, hold: true }, options: key },
    ]);
    await consumer.facts.count(4, started);
    await sender.enqueue([
      { name: 'work', data: { n: 4 }, options: key },
      { name: 'work', data: { n: 5 }, options: { delay: 300 } },
      ...range(20, 6).map((n) => ({ name: 'work', data: { n } })),
    ]);
    const answer = ask(sender, { name: 'ask', data: { n: 30, hold: true } });
    await consumer.facts.until(({ what, n }) => what === 'started' && n === 30);
    await fill(app);

    const refused = sender.enqueue(range(3, 40).map((n) => ({ name: 'work', data: { n } })));
    await expect(refused).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      outcome: 'not-sent',
      retryable: true,
      message: expect.stringContaining('OOM') as string,
    });
    expect(await consumer.runtime.health()).toMatchObject({
      status: 'down',
      live: true,
      ready: false,
      link: 'up',
      consuming: true,
      reason: expect.stringContaining('OOM') as string,
    });
    // nobody counts as dead
    const before = Number(await app.redis.get(app.keys.key('tick')));
    await eventually(async () => Number(await app.redis.get(app.keys.key('tick'))) > before + TTL);
    // a retry and a dead letter alone in their batches, and a key that its next one gets
    for (const n of [1, 2, 3, 0, 30]) {
      await eventually(() => consumer.workshop.release(n));
      await consumer.facts.until((fact) => fact.n === n && /ended|failed/.test(fact.what));
    }
    expect(await answer).toMatchObject({ n: 30 });
    await consumer.facts.until(
      ({ what, n, attempt }) => what === 'started' && n === 1 && attempt === 2,
    );
    consumer.workshop.release(1);
    await app.counted({ added: 27, done: 26, dead: 1, retried: 1, lost: 0, stale: 0 });

    expect(consumer.facts.find(({ what }) => what === 'evicted')).toBeUndefined();
    const tasks = consumer.facts.filter((fact) => ended(fact) && fact.n !== 30);
    expect(sorted(tasks.map(({ n }) => n))).toEqual(range(26).filter((n) => n !== 2));
    expect(await placesOf(app)).toEqual([['dead ' + String((await dead(app))[0])]]);
    await empty(app);
    await sender.enqueue([{ name: 'work', data: { n: 50 } }]);
    await consumer.facts.until((fact) => ended(fact) && fact.n === 50);
    expect(await consumer.runtime.health()).toMatchObject({ status: 'up', ready: true });
  });

  faultTest('others join, and take over what dead ones held', async ({ app }) => {
    const victim = await app.spawn({ tasks: ['work'], settings });
    const producer = app.broker();
    await producer.runtime.connect();
    await producer.runtime.sender.enqueue(
      range(8).map((n) => ({ name: 'work', data: { n, hold: n < 4 && true } })),
    );
    await victim.facts.count(4, started);
    await fill(app);
    await victim.kill();
    const second = await app.start({ tasks: ['work'], settings: { maxJobs: 8 } });
    await second.facts.count(8, started, { within: TTL + TAKEOVER });
    for (const n of range(4)) second.workshop.release(n);
    await app.counted({ added: 8, done: 8, lost: 4 });
    expect(await placesOf(app)).toEqual([]);
    await second.runtime.close();
  });
});

const dead = async ({ redis, keys }: FaultApp): Promise<string[]> =>
  (await redis.xrange(keys.key('dead'), '-', '+')).map(([id]) => id);
