import { describe } from 'vitest';
import type { Enqueued, TaskToSend } from '../../lib/runtime/index.js';
import type { Child } from '../support/child.js';
import { TAKEOVER, TTL } from './broker.js';
import type { BrokerOptions, FaultApp } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { pass } from './pass.js';
import { type Fact, machineTime } from './work.js';

const HOUR = 3_600_000;
const tasks = ['work'];
const requests = ['ask'];
const started = ({ what }: Fact): boolean => what === 'started';

/** A process whose clock is an hour ahead or behind. */
async function spawn(app: FaultApp, shift: number, options?: BrokerOptions): Promise<Child<Fact>> {
  const clock = new URL(`../support/shifted-clock.mjs?ms=${shift}`, import.meta.url);
  return await app.spawn({ tasks, requests, preload: [clock.href], ...options });
}

const send = async (child: Child<Fact>, ...batch: TaskToSend[]): Promise<Enqueued[]> =>
  await child.call('enqueue', batch);

const idOf = (child: Child<Fact>): string =>
  child.facts.find(({ what }) => what === 'ready')?.consumer ?? '';

describe.concurrent('the clocks of the processes are an hour ahead and an hour behind', () => {
  faultTest('delays, retries and windows are as long as ever', async ({ app, expect }) => {
    const [ahead, behind] = await Promise.all([spawn(app, HOUR), spawn(app, -HOUR)]);
    const delays = [200, 400, 600];
    const sent = new Map<number, number>();
    for (const [i, sender] of [ahead, behind].entries()) {
      for (const [j, target] of [ahead, behind].map(idOf).entries()) {
        for (const [k, delay] of delays.entries()) {
          const n = 100 * i + 10 * j + k;
          sent.set(n, machineTime() + delay);
          await send(sender, {
            name: 'work',
            data: { n, failures: 1 },
            options: { delay, target },
          });
        }
      }
    }
    const window = { name: 'work', data: { n: 999 }, options: { dedupeId: 'once' } };
    const [first] = await send(ahead, window);
    const [second] = await send(behind, window);
    await app.counted({ done: sent.size + 1, retried: sent.size, duplicates: 1 });

    expect(second).toEqual({ id: first?.id, duplicate: true });
    for (const { n = -1, at, attempt } of [...ahead.facts.all, ...behind.facts.all].filter(
      started,
    )) {
      const due = sent.get(n);
      if (due === undefined || attempt !== 1) continue;
      expect(at).toBeGreaterThanOrEqual(due - 1);
      expect(at).toBeLessThan(due + 1_500);
    }

    // and what is written down is the time of Redis
    await send(ahead, { name: 'work', data: { n: 1_000, failures: 9 } });
    await send(behind, { name: 'work', data: { n: 1_001, failures: 9 } });
    await app.counted({ dead: 2 });
    const observer = app.broker();
    await observer.runtime.connect();
    const letters = await observer.runtime.deadLetters.list({ count: 2 });
    const { consumers } = await app.stats();
    const now = Number((await app.redis.time())[0]) * 1_000;
    const times = letters.flatMap(({ diedAt, envelope }) => [diedAt, envelope.enqueuedAt ?? 0]);
    for (const time of [...times, ...consumers.map(({ joinedAt }) => joinedAt)]) {
      expect(Math.abs(time - now)).toBeLessThan(60_000);
    }
  });

  faultTest('leases hold as long as ever, and end as soon', async ({ app, expect }) => {
    const [ahead, behind] = await Promise.all([spawn(app, HOUR), spawn(app, -HOUR)]);
    const only = idOf(ahead);
    const work = { name: 'work', data: { n: 1, hold: true, only }, options: { target: only } };
    await send(behind, work);
    await ahead.facts.until(started);
    await pass(TTL * 1.5);
    expect(behind.facts.filter(started)).toEqual([]);
    expect((await app.stats()).consumers).toHaveLength(2);

    const death = machineTime();
    await ahead.kill();
    const { at } = await behind.facts.until(started, { within: TAKEOVER * 2 });
    expect(at - death).toBeLessThan(TAKEOVER);
    await app.counted({ done: 1, lost: 1 });
  });

  faultTest('requests are answered in time, and never run too late', async ({ app, expect }) => {
    const settings = { rpc: { maxJobs: 1 } };
    const [server, client] = await Promise.all([
      spawn(app, HOUR, { settings }),
      spawn(app, -HOUR, { requests: [] }),
    ]);
    const ask = async (n: number, hold: boolean, timeout: number): Promise<unknown> =>
      await client.call('request', 'ask', { n, hold }, { timeout });
    expect(await ask(1, false, 5_000)).toMatchObject({ n: 1 });
    const long = ask(2, true, 10_000);
    await server.facts.until((fact) => started(fact) && fact.n === 2);

    await expect(ask(3, false, 300)).rejects.toMatchObject({ code: 'TIMEOUT' });
    await server.call('release', 2);
    expect(await long).toMatchObject({ n: 2 });
    await app.counted({ expired: 1, done: 2 });
    expect(server.facts.filter(started).map(({ n }) => n)).toEqual([1, 2]);
  });
});
