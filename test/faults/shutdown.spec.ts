import { describe } from 'vitest';
import { SCRIPTS } from '../../lib/backend/redis/scripts.js';
import type { Child, Exit } from '../support/child.js';
import { ask } from './ask.js';
import { faultTest } from './fault-test.js';
import { range } from './range.js';
import { sorted } from './sorted.js';
import { type Fact, machineTime } from './work.js';

const tasks = ['work'];
const started = ({ what }: Fact): boolean => what === 'started';
const ended = ({ what }: Fact): boolean => what === 'ended';
const begun = ({ what }: Fact): boolean => what === 'begun';

/** So long that nothing here is the work of an eviction. */
const heartbeatTtl = 60_000;
/** A process ends by itself so soon when nothing holds it, on a busy machine. */
const SOON = 3_000;
const CLEAN: Exit = { code: 0, signal: null };

const idOf = (child: Child<Fact>): string =>
  child.facts.find(({ what }) => what === 'ready')?.consumer ?? '';

/** Asks it to end; returns how it did, and after how many ms. */
async function terminate(child: Child<Fact>): Promise<{ exit: Exit; after: number }> {
  const start = machineTime();
  child.signal('SIGTERM');
  const exit = await child.exited;
  return { exit, after: machineTime() - start };
}

describe.concurrent('a process is asked to end', () => {
  faultTest(
    'what runs comes to its end, what waits in its lane goes to others at once',
    async ({ app, expect }) => {
      const settings = { heartbeatTtl, maxJobs: 2 };
      const leaver = await app.spawn({ tasks, settings });
      const target = idOf(leaver);
      const other = await app.start({ tasks, settings });
      const works = range(8).map((n) => ({ n, only: target, ms: 400 }));
      await other.runtime.sender.enqueue(
        works.map((data) => ({ name: 'work', data, options: { target } })),
      );
      await leaver.facts.count(2, started);
      const { exit, after } = await terminate(leaver);

      expect(exit).toEqual(CLEAN);
      expect(after).toBeLessThan(SOON);
      await app.counted({ done: 8, lost: 0, stale: 0, retried: 0 });
      const here = leaver.facts.filter(ended).map(({ n }) => n);
      const there = other.facts.filter(ended).map(({ n }) => n);
      expect(here.length).toBeGreaterThanOrEqual(2);
      expect(sorted([...here, ...there])).toEqual(range(8));
      expect((await app.stats()).consumers).toHaveLength(1);
    },
  );

  faultTest(
    'longer than the grace time: it is told, and handed back at once',
    async ({ app, expect }) => {
      const settings = { heartbeatTtl, grace: 300 };
      const leaver = await app.spawn({ tasks, requests: ['ask'], settings });
      const target = idOf(leaver);
      const other = await app.start({ tasks, settings });
      const { sender } = other.runtime;
      const work = { n: 1, only: target, hold: true };
      const keyed = { target, key: 'k' };
      await sender.enqueue([
        { name: 'work', data: work, options: keyed },
        { name: 'work', data: { n: 2 }, options: { key: 'k' } },
      ]);
      const answer = ask(sender, {
        name: 'ask',
        data: { n: 3, hold: true },
        options: { timeout: 30_000 },
      });
      await leaver.facts.count(2, started);
      const lost = expect(answer).rejects.toMatchObject({
        code: 'SERVER_LOST',
        outcome: 'unknown',
      });
      const start = machineTime();
      const { exit } = await terminate(leaver);

      expect(exit).toEqual(CLEAN);
      await lost;
      await other.facts.count(2, ended);
      expect(machineTime() - start).toBeLessThan(SOON);
      expect(leaver.facts.filter(({ what }) => what === 'aborted')).toHaveLength(2);
      expect(other.facts.filter(started)).toMatchObject([
        { n: 1, attempt: 1 },
        { n: 2, attempt: 1 },
      ]);
      await app.counted({ lost: 0, retried: 0 });
    },
  );

  faultTest('idle: it leaves, and nothing of it stays', async ({ app, expect }) => {
    const leaver = await app.spawn({
      tasks,
      requests: ['ask'],
      events: ['news'],
      settings: { heartbeatTtl },
    });
    const { exit, after } = await terminate(leaver);

    expect(exit).toEqual(CLEAN);
    expect(after).toBeLessThan(SOON);
    const left = await app.redis.keys(`${app.keys.root}*`);
    const allowed = (['layout', 'epoch', 'tick', 'counters'] as const).map((name) =>
      app.keys.key(name),
    );
    expect(left.filter((key) => !allowed.includes(key))).toEqual([]);
  });

  faultTest('while it cannot reach Redis for the first time', async ({ app, expect }) => {
    const [refusing, silent] = [await app.proxy(), await app.proxy()];
    refusing.refuse();
    silent.blackHole();
    const leavers = [refusing, silent].map((through) =>
      app.fork({ tasks, events: ['news'], through }),
    );
    await Promise.all(
      leavers.map(async ({ facts }) => await facts.until(begun, { within: 20_000 })),
    );
    const ends = await Promise.all(leavers.map(terminate));

    for (const { exit, after } of ends) {
      expect(exit).toEqual(CLEAN);
      expect(after).toBeLessThan(SOON);
    }
  });

  faultTest('while it joins', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const joining = proxy.loseReply(SCRIPTS.join.sha);
    const leaver = app.fork({ tasks, through: proxy, settings: { heartbeatTtl } });
    await joining;
    const { exit, after } = await terminate(leaver);

    expect(exit).toEqual(CLEAN);
    expect(after).toBeLessThan(SOON);
    expect((await app.stats()).consumers).toEqual([]);
  });

  faultTest(
    'while Redis is away: it ends all the same, and its result is not forgotten for ever',
    async ({ app, expect }) => {
      const proxy = await app.proxy();
      const settings = { heartbeatTtl: 1_500, grace: 300 };
      const leaver = await app.spawn({ tasks, through: proxy, settings });
      const target = idOf(leaver);
      const producer = app.broker();
      await producer.runtime.connect();
      const work = { n: 1, only: target, hold: true };
      await producer.runtime.sender.enqueue([{ name: 'work', data: work, options: { target } }]);
      await leaver.facts.until(started);
      proxy.refuse();
      proxy.cut();
      await leaver.call('release', 1);
      const { exit, after } = await terminate(leaver);

      expect(exit).toEqual(CLEAN);
      // the grace time, and the time results get after it
      expect(after).toBeLessThan(300 + 2_000 + SOON);
      const other = await app.start({ tasks });
      await other.facts.until(ended, { within: 10_000 });
      await app.counted({ done: 1 });
    },
  );

  faultTest('twice', async ({ app, expect }) => {
    const leaver = await app.spawn({ tasks, settings: { heartbeatTtl } });
    const producer = app.broker();
    await producer.runtime.connect();
    await producer.runtime.sender.enqueue([{ name: 'work', data: { n: 1, ms: 300 } }]);
    await leaver.facts.until(started);
    leaver.signal('SIGTERM');
    const { exit } = await terminate(leaver);

    expect(exit).toEqual(CLEAN);
    await app.counted({ done: 1, lost: 0 });
  });
});

describe.concurrent('a broker is closed', () => {
  faultTest(
    'its own calls that wait are told so, later ones are refused',
    async ({ app, expect }) => {
      const server = await app.start({ requests: ['ask'], settings: { grace: 100 } });
      const client = app.broker();
      await client.runtime.connect();
      const { sender } = client.runtime;
      const answer = ask(sender, { name: 'ask', data: { n: 1, hold: true } });
      const closed = expect(answer).rejects.toMatchObject({ code: 'CLOSED', outcome: 'unknown' });
      await server.facts.until(started);
      await Promise.all([client.runtime.close(), client.runtime.close()]);
      await client.runtime.close();

      await closed;
      const refused = { code: 'CLOSED', outcome: 'not-sent' };
      await expect(sender.enqueue([{ name: 'work', data: {} }])).rejects.toMatchObject(refused);
      await expect(sender.publish('news', {})).rejects.toMatchObject(refused);
      await expect(client.runtime.start()).rejects.toMatchObject({ code: 'CLOSED' });
      await expect(client.runtime.connect()).rejects.toMatchObject({ code: 'CLOSED' });
    },
  );

  faultTest('before anything else was done with it', async ({ app, expect }) => {
    const { runtime } = app.broker({ tasks });
    await runtime.close();
    await expect(runtime.start()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await app.redis.keys('*')).toEqual([]);
  });
});
