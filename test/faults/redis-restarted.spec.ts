import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe } from 'vitest';
import { TAKEOVER, TTL } from './broker.js';
import { ask } from './ask.js';
import type { FaultApp, LocalBroker } from './fault-app.js';
import { durableFaultTest, faultTest } from './fault-test.js';
import { pass } from './pass.js';
import { range } from './range.js';
import { sorted } from './sorted.js';
import type { Fact } from './work.js';

const tasks = ['work'];
const started = ({ what }: Fact): boolean => what === 'started';
const ended = ({ what }: Fact): boolean => what === 'ended';
const evicted = ({ what }: Fact): boolean => what === 'evicted';

const settings = { maxJobs: 10, sendTimeout: 20_000 };

async function two(app: FaultApp): Promise<[LocalBroker, LocalBroker]> {
  return [await app.start({ tasks, settings }), await app.start({ tasks, settings })];
}

const idsOf = (brokers: readonly LocalBroker[]): (string | undefined)[] =>
  brokers.map(({ runtime }) => runtime.consumerId);

describe.concurrent('Redis is killed and started again', () => {
  durableFaultTest(
    'with its file: nothing is lost, nothing runs twice, nobody is evicted',
    async ({ app, expect }) => {
      const consumers = await two(app);
      const ids = idsOf(consumers);
      const [{ runtime }] = consumers;
      const batches = range(40).map((batch) =>
        range(15, batch * 15).map((n) => ({
          name: 'work',
          data: { n, ms: 20, failures: n % 10 === 0 ? 1 : 0 },
          options: n % 3 === 0 ? { key: `k${n % 7}` } : n % 5 === 0 ? { delay: 300 } : {},
        })),
      );
      const sent = (async () => {
        for (const batch of batches) await runtime.sender.enqueue(batch);
      })();
      await consumers[0].facts.count(50, ended);
      await app.server.kill();
      await app.server.restart();
      await sent;
      await app.counted({ added: 600, done: 600, dead: 0 }, { within: 20_000 });

      const facts = consumers.flatMap((consumer) => consumer.facts.all);
      expect(facts.filter(ended)).toHaveLength(600);
      expect(new Set(facts.filter(ended).map(({ n }) => n)).size).toBe(600);
      expect(await app.counters()).toMatchObject({ lost: 0, retried: 60 });
      expect(idsOf(consumers)).toEqual(ids);
      expect(facts.filter(evicted)).toEqual([]);
    },
  );

  durableFaultTest(
    'after twice the time to live: nobody is evicted, what was held is kept',
    async ({ app, expect }) => {
      const proxy = await app.proxy();
      const a = await app.start({ tasks, settings });
      const b = await app.start({ tasks, settings, through: proxy });
      const ids = idsOf([a, b]);
      await a.runtime.sender.enqueue([
        { name: 'work', data: { n: 0, hold: true }, options: { target: ids[0] ?? '', key: 'k' } },
        { name: 'work', data: { n: 1, hold: true }, options: { target: ids[1] ?? '' } },
        { name: 'work', data: { n: 2 }, options: { key: 'k' } },
        { name: 'work', data: { n: 3 }, options: { delay: TTL } },
      ]);
      await Promise.all([a.facts.until(started), b.facts.until(started)]);
      await app.server.kill();
      proxy.refuse();
      // one handler ends during the outage, the other one after it
      a.workshop.release(0);
      await pass(TTL * 2);
      await app.server.restart();
      await app.counted({ done: 3 });
      // one comes back later than the other
      await pass(TTL / 3);
      proxy.accept();
      await pass(TTL);
      b.workshop.release(1);
      await app.counted({ done: 4, lost: 0, stale: 0 });

      const facts = [...a.facts.all, ...b.facts.all];
      expect(sorted(facts.filter(started).map(({ n }) => n))).toEqual([0, 1, 2, 3]);
      expect(facts.filter(evicted)).toEqual([]);
      expect(idsOf([a, b])).toEqual(ids);
    },
  );

  durableFaultTest('and a consumer died meanwhile: its work is taken over', async ({ app }) => {
    const victim = await app.spawn({ tasks });
    const target = victim.facts.find(({ what }) => what === 'ready')?.consumer ?? '';
    const other = await app.start({ tasks });
    const work = { n: 1, hold: true, only: target };
    await other.runtime.sender.enqueue([{ name: 'work', data: work, options: { target } }]);
    await victim.facts.until(started);
    await app.server.kill();
    await victim.kill();
    await pass(TTL);
    await app.server.restart();

    // everybody gets its time to live anew
    await other.facts.until(ended, { within: TTL + TAKEOVER });
    await app.counted({ done: 1, lost: 1 });
  });

  faultTest('without a file: all is gone, and work goes on', async ({ app, expect }) => {
    const consumer = await app.start({ tasks, requests: ['ask'], events: ['news'], settings });
    const { sender } = consumer.runtime;
    await sender.enqueue(range(5).map((n) => ({ name: 'work', data: { n } })));
    await app.counted({ done: 5 });
    await app.server.kill();
    await app.server.restart();

    await sender.enqueue(range(10, 5).map((n) => ({ name: 'work', data: { n } })));
    await consumer.facts.count(15, (fact) => ended(fact) && fact.name === 'work');
    await app.counted({ done: 10 });
    expect(await ask(sender, { name: 'ask', data: { n: 1 } })).toEqual({ n: 1 });
    await sender.publish('news', { n: 1 });
    await consumer.facts.until(({ what }) => what === 'event');
    const delayed = { name: 'work', data: { n: 15 }, options: { delay: 50 } };
    await sender.enqueue([delayed]);
    await consumer.facts.until(({ what, n }) => what === 'ended' && n === 15);
  });

  faultTest('who comes back ends no connection of others', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const consumer = await app.start({ tasks, events: ['news'], through: proxy, settings });
    await app.server.kill();
    proxy.refuse();
    await app.server.restart();
    // they have the numbers that the consumer's connections had
    const strangers = await Promise.all(range(40).map(async () => await stranger(app)));
    proxy.accept();
    await consumer.runtime.sender.enqueue([{ name: 'work', data: { n: 1 } }]);
    await consumer.facts.until(ended);

    expect(strangers.filter((socket) => socket.closed)).toEqual([]);
    for (const socket of strangers) socket.destroy();
  });
});

async function stranger({ server }: FaultApp): Promise<Socket> {
  const socket = connect(server.port, server.host);
  await once(socket, 'connect');
  socket.write('PING\r\n');
  await once(socket, 'data');
  return socket;
}

describe.concurrent('somebody makes Redis forget', () => {
  faultTest('its scripts: nothing happens', async ({ app, expect }) => {
    const consumers = await two(app);
    const [{ runtime }] = consumers;
    for (const round of range(10)) {
      await app.redis.script('FLUSH');
      await runtime.sender.enqueue(
        range(10, round * 10).map((n) => ({ name: 'work', data: { n } })),
      );
    }
    await app.counted({ added: 100, done: 100, lost: 0 });
    expect(consumers.flatMap(({ facts }) => facts.filter(ended))).toHaveLength(100);
  });

  faultTest(
    'its scripts, before a lone result: it does not wait for the next message',
    async ({ app }) => {
      const { runtime } = await app.start({ tasks: ['work'] });
      for (const n of range(3)) {
        await app.redis.script('FLUSH');
        await runtime.sender.enqueue([{ name: 'work', data: { n } }]);
        // a read that waits goes on for 5 s
        await app.counted({ done: n + 1 }, { within: 3_000 });
      }
    },
  );

  faultTest('everything: what comes afterwards is handled', async ({ app, expect }) => {
    const consumers = await two(app);
    const [a] = consumers;
    const { sender } = a.runtime;
    await sender.enqueue([{ name: 'work', data: { n: -1, hold: true } }]);
    await app.counted({ added: 1 });
    await app.redis.flushall();
    await sender.enqueue(range(10).map((n) => ({ name: 'work', data: { n } })));

    await app.counted({ done: 10 }, { within: 10_000 });
    const handled = consumers.flatMap(({ facts }) => facts.filter(ended)).map(({ n }) => n);
    expect(sorted(handled)).toEqual(range(10));
    const holder = consumers.find(({ facts }) => facts.find((fact) => fact.n === -1));
    holder?.workshop.release(-1);
    // its message does not exist any more, so its result counts for nothing
    await sender.enqueue([{ name: 'work', data: { n: 20 }, options: { delay: 100 } }]);
    await app.counted({ done: 11 });
  });

  faultTest('the stream of a name', async ({ app }) => {
    const [{ runtime }] = await two(app);
    await app.redis.del(app.keys.stream('t:work'));
    await runtime.sender.enqueue(range(10).map((n) => ({ name: 'work', data: { n } })));

    await app.counted({ done: 10 }, { within: 10_000 });
  });

  faultTest('a lane', async ({ app, expect }) => {
    const [a, b] = await two(app);
    const target = b.runtime.consumerId ?? '';
    await app.redis.del(app.keys.lane(target, 't:default'));
    const options = { target };
    await a.runtime.sender.enqueue(range(10).map((n) => ({ name: 'work', data: { n }, options })));

    await app.counted({ done: 10 }, { within: 10_000 });
    expect(b.facts.filter(ended)).toHaveLength(10);
  });

  faultTest(
    'the group of a stream: what waits is handled, what runs ends once',
    async ({ app, expect }) => {
      const consumers = await Promise.all(
        range(2).map(async () => await app.start({ tasks, settings: { maxJobs: 1 } })),
      );
      const [{ runtime }] = consumers as [LocalBroker, LocalBroker];
      await runtime.sender.enqueue(
        range(10).map((n) => ({ name: 'work', data: { n, hold: n < 2 } })),
      );
      for (const { facts } of consumers) await facts.until(started);
      await app.redis.xgroup('DESTROY', app.keys.stream('t:work'), 'g');
      for (const { facts, workshop } of consumers) workshop.release(facts.find(started)?.n ?? -1);

      await app.counted({ done: 10 }, { within: 10_000 });
      const handled = new Set(
        consumers.flatMap(({ facts }) => facts.filter(ended)).map(({ n }) => n),
      );
      expect(sorted([...handled])).toEqual(range(10));
      expect(await app.redis.xlen(app.keys.stream('t:work'))).toBe(0);
    },
  );

  faultTest('a consumer: it joins again by itself', async ({ app, expect }) => {
    const [a, b] = await two(app);
    const before = b.runtime.consumerId ?? '';
    await app.redis.hdel(app.keys.key('members'), before);
    await app.redis.zrem(app.keys.key('expiries'), before);
    await b.facts.until(evicted);
    const again = await b.facts.until(
      ({ what, consumer }) => what === 'joined' && consumer !== before,
    );
    const options = { target: again.consumer ?? '' };
    await a.runtime.sender.enqueue([{ name: 'work', data: { n: 1 }, options }]);

    await b.facts.until(ended);
    await app.counted({ done: 1 });
    expect(a.facts.filter(ended)).toEqual([]);
  });
});
