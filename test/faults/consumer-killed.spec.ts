import { describe, expect } from 'vitest';
import { SCRIPTS } from '../../lib/backend/redis/scripts.js';
import type { TaskToSend } from '../../lib/runtime/index.js';
import type { Child } from '../support/child.js';
import { eventually } from '../support/eventually.js';
import { ask } from './ask.js';
import { TAKEOVER } from './broker.js';
import type { FaultApp, LocalBroker } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { sorted } from './sorted.js';
import { waitingReads } from './waiting-reads.js';
import { type Fact, type Work, machineTime } from './work.js';

const tasks = ['work'];
const started = ({ what }: Fact): boolean => what === 'started';
const ended = ({ what }: Fact): boolean => what === 'ended';

const work = (work: Work, target?: Child<Fact>): TaskToSend => ({
  name: 'work',
  data: work,
  ...(target === undefined ? {} : { options: { target: consumerOf(target) } }),
});

const consumerOf = (child: Child<Fact>): string =>
  child.facts.find(({ what }) => what === 'ready')?.consumer ?? '';

/** Kills the process; resolves when so many of its tasks have started elsewhere, in time. */
async function killed(victim: Child<Fact>, heir: LocalBroker, count: number): Promise<Fact[]> {
  const death = machineTime();
  await victim.kill();
  const found = await heir.facts.count(count, started, { within: TAKEOVER * 2 });
  expect(Math.max(...found.map(({ at }) => at)) - death).toBeLessThan(TAKEOVER);
  return found;
}

/** How many messages the consumer was handed and has not settled. */
async function heldBy(app: FaultApp, child: Child<Fact>): Promise<number> {
  const consumer = consumerOf(child);
  const streams = [app.keys.stream('t:work'), app.keys.lane(consumer, 't:default')];
  const pending = await Promise.all(
    streams.map(async (stream) => await app.redis.xpending(stream, 'g', '-', '+', 100, consumer)),
  );
  return pending.flat().length;
}

describe.concurrent('a consumer is killed', () => {
  faultTest('before it read: what waited in its lane goes to others', async ({ app, expect }) => {
    const victim = await app.spawn({ tasks, settings: { maxJobs: 1 } });
    const { runtime } = app.broker();
    await runtime.connect();
    await runtime.sender.enqueue([work({ n: 0, hold: true }, victim)]);
    await victim.facts.until(started);
    await runtime.sender.enqueue([1, 2, 3, 4].map((n) => work({ n }, victim)));
    const heir = await app.start({ tasks });

    const again = await killed(victim, heir, 1 + 4);

    expect(sorted(again.map(({ n }) => n))).toEqual([0, 1, 2, 3, 4]);
    heir.workshop.release(0);
    // only the one in its hands was lost there
    await app.counted({ done: 5, lost: 1 });
  });

  faultTest('after Redis served its read, before it got the reply', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const victim = await app.spawn({ tasks, through: proxy });
    const heir = await app.start({ tasks });
    await eventually(async () => (await waitingReads(app)).length === 2);
    proxy.blackHole({ which: /:t:default_of_/, direction: 'replies' });
    await heir.runtime.sender.enqueue([1, 2, 3].map((n) => work({ n }, victim)));
    await eventually(async () => (await heldBy(app, victim)) > 0);

    await killed(victim, heir, 3);

    expect(victim.facts.filter(started)).toEqual([]);
    await app.counted({ done: 3 });
  });

  faultTest('after it got the reply, before the handler starts', async ({ app, expect }) => {
    const victim = await app.spawn({ tasks });
    const heir = await app.start({ tasks });
    // it stands still: the messages wait in its socket
    victim.signal('SIGSTOP');
    await heir.runtime.sender.enqueue([1, 2, 3].map((n) => work({ n }, victim)));
    await eventually(async () => (await heldBy(app, victim)) > 0);

    await killed(victim, heir, 3);

    expect(victim.facts.filter(started)).toEqual([]);
    await app.counted({ done: 3 });
  });

  faultTest('in its handler', async ({ app, expect }) => {
    const victim = await app.spawn({ tasks });
    const { runtime } = app.broker();
    await runtime.connect();
    const hold = [1, 2, 3].map((n) => work({ n, ms: 300 }));
    await runtime.sender.enqueue(hold.map((task, i) => ({ ...task, options: { key: `${i}` } })));
    await victim.facts.count(3, started);
    const heir = await app.start({ tasks });

    const again = await killed(victim, heir, 3);

    // lost deliveries are no failed attempts
    expect(again.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
    await app.counted({ done: 3, lost: 3, retried: 0 });
  });

  faultTest('after its handler, before the result leaves', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const victim = await app.spawn({ tasks, through: proxy });
    const heir = await app.start({ tasks, settings: { maxJobs: 1 } });
    await heir.runtime.sender.enqueue([work({ n: 1, hold: true }, victim)]);
    await victim.facts.until(started);
    proxy.blackHole({ which: /:commands$/, direction: 'requests' });
    await victim.call('release', 1);
    await victim.facts.until(ended);

    const again = await killed(victim, heir, 1);

    expect(again).toMatchObject([{ n: 1, attempt: 1 }]);
    heir.workshop.release(1);
    await app.counted({ done: 1, lost: 1 });
  });

  faultTest(
    'after the result arrived, before the reply: nothing runs again',
    async ({ app, expect }) => {
      const proxy = await app.proxy();
      const victim = await app.spawn({ tasks, through: proxy });
      const heir = await app.start({ tasks });
      await heir.runtime.sender.enqueue([
        work({ n: 0 }, victim),
        work({ n: 1, hold: true }, victim),
      ]);
      await victim.facts.until(ended);
      await app.counted({ done: 1 });
      const lost = proxy.loseReply(SCRIPTS.settle.sha);
      proxy.refuse();
      await victim.call('release', 1);
      await lost;
      const death = machineTime();
      await victim.kill();
      await app.counted({ done: 2 });

      await eventually(async () => (await app.stats()).consumers.length === 1, {
        within: TAKEOVER,
      });
      expect(machineTime() - death).toBeLessThan(TAKEOVER);
      expect(heir.facts.filter(started)).toEqual([]);
      expect(await app.counters()).toMatchObject({ done: 2, lost: 0, stale: 0 });
    },
  );

  faultTest(
    'in the handler of a request: its caller is told, nobody runs it again',
    async ({ app, expect }) => {
      const victim = await app.spawn({ requests: ['ask'] });
      const options = { timeout: 30_000, target: consumerOf(victim) };
      const heir = await app.start({ requests: ['ask'] });
      const data = { n: 1, hold: true };
      const answer = ask(heir.runtime.sender, { name: 'ask', data, options });
      const told = expect(answer).rejects.toMatchObject({
        code: 'SERVER_LOST',
        outcome: 'unknown',
      });
      await victim.facts.until(started);
      const death = machineTime();
      await victim.kill();
      await told;

      expect(machineTime() - death).toBeLessThan(TAKEOVER);
      expect(await ask(heir.runtime.sender, { name: 'ask', data: { n: 2 } })).toEqual({ n: 2 });
      expect(heir.facts.filter(started).map(({ n }) => n)).toEqual([2]);
    },
  );
});

describe.concurrent('a consumer lives, but a reply to it is lost', () => {
  faultTest('of a result: it is settled once', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const consumer = await app.start({ tasks, through: proxy, settings: { maxJobs: 1 } });
    const { sender } = consumer.runtime;
    for (const n of [1, 2, 3, 4, 5]) {
      const lost = n > 1 ? proxy.loseReply(SCRIPTS.settle.sha) : undefined;
      await sender.enqueue([work({ n })]);
      await lost;
    }
    await consumer.facts.count(5, ended);
    await app.counted({ done: 5 });

    // one more shows that all results before it were taken
    await sender.enqueue([work({ n: 6 })]);
    await consumer.facts.count(6, ended);
    await app.counted({ done: 6, lost: 0, retried: 0 });
    expect(consumer.facts.filter(started)).toHaveLength(6);
    expect(consumer.facts.filter(({ what }) => what === 'evicted')).toEqual([]);
  });

  faultTest('of a read: it is read again at once, and once', async ({ app, expect }) => {
    const proxy = await app.proxy();
    // the time to live would be far too long to wait for
    const settings = { heartbeatTtl: 60_000 };
    const consumer = await app.start({ tasks, through: proxy, settings });
    const producer = app.broker();
    await producer.runtime.connect();
    const lost = proxy.loseReply('XREADGROUP');
    await producer.runtime.sender.enqueue([work({ n: 0 })]);
    await consumer.facts.until(ended);
    await Promise.all([producer.runtime.sender.enqueue([work({ n: 1 }), work({ n: 2 })]), lost]);

    await consumer.facts.count(3, ended, { within: 1_000 });

    await app.counted({ done: 3, lost: 0 });
    expect(consumer.facts.filter(started)).toHaveLength(3);
  });
});
