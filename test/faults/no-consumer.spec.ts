import { describe } from 'vitest';
import { eventually } from '../support/eventually.js';
import { TAKEOVER, TTL } from './broker.js';
import { faultTest } from './fault-test.js';
import { pass } from './pass.js';
import { range } from './range.js';
import { type Fact, machineTime } from './work.js';

const tasks = ['work'];
const started = ({ what }: Fact): boolean => what === 'started';
const ended = ({ what }: Fact): boolean => what === 'ended';

describe.concurrent('no consumer is there', () => {
  faultTest(
    'the last one dies with a full lane and a full hand: the next one does all of it',
    async ({ app, expect }) => {
      const last = await app.spawn({ tasks });
      const target = last.facts.find(({ what }) => what === 'ready')?.consumer ?? '';
      const producer = app.broker();
      await producer.runtime.connect();
      const { sender } = producer.runtime;
      const hold = (n: number) => ({ name: 'work', data: { n, hold: true, only: target } });
      await sender.enqueue(range(4).map((n) => ({ ...hold(n), options: { target } })));
      await last.facts.count(4, started);
      await sender.enqueue(range(50, 4).map((n) => ({ ...hold(n), options: { target } })));
      await sender.enqueue(range(50, 54).map(hold));
      // a key that one in its hand holds, and those behind it
      await sender.enqueue(
        range(5, 104).map((n) => ({ ...hold(n), options: { target, key: 'k' } })),
      );
      await last.kill();

      // nobody is there for a while, and more comes
      await pass(TTL);
      await sender.enqueue(range(10, 109).map((n) => ({ ...hold(n), options: { target } })));
      const start = machineTime();
      const next = await app.start({ tasks });
      await next.facts.count(119, ended, { within: TAKEOVER * 2 });

      const starts = next.facts.filter(started);
      expect(Math.max(...starts.map(({ at }) => at)) - start).toBeLessThan(TAKEOVER);
      expect(starts.map(({ n }) => n).toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual(range(119));
      const keyed = starts.filter(({ key }) => key === 'k');
      expect(keyed.map(({ n }) => n)).toEqual(range(5, 104));
      await app.counted({ done: 119, lost: 4 });
      expect(await app.redis.exists(app.keys.lane(target, 't:default'))).toBe(0);
    },
  );

  faultTest(
    'and never was one: the first one does all 1,000 tasks, in their order',
    async ({ app, expect }) => {
      const producer = app.broker();
      await producer.runtime.connect();
      for (const hundred of range(10)) {
        const batch = range(100, hundred * 100).map((n) => ({ name: 'work', data: { n } }));
        await producer.runtime.sender.enqueue(batch);
      }
      // they wait, and this is counted
      expect(await app.stats()).toMatchObject({
        unclaimed: 1_000,
        names: [{ waiting: 1_000, consumers: 0 }],
      });

      const first = await app.start({ tasks, settings: { maxJobs: 1 } });
      await first.facts.count(1_000, ended, { within: 20_000 });

      expect(first.facts.filter(started).map(({ n }) => n)).toEqual(range(1_000));
      await app.counted({ added: 1_000, done: 1_000 });
      expect(await app.stats()).toMatchObject({ unclaimed: 0 });
    },
  );

  faultTest(
    'for a while, after they left: work waits, nothing is lost',
    async ({ app, expect }) => {
      const producer = app.broker();
      await producer.runtime.connect();
      const { sender } = producer.runtime;
      for (const round of range(5)) {
        await sender.enqueue(range(20, round * 20).map((n) => ({ name: 'work', data: { n } })));
        const consumer = await app.start({ tasks });
        await consumer.facts.count(5, ended);
        await consumer.runtime.close();
      }
      const rest = (await app.stats()).names[0]?.waiting ?? 0;
      const consumer = await app.start({ tasks });

      await consumer.facts.count(rest, ended);
      await eventually(async () => (await app.counters()).done === 100);
      expect(await app.counters()).toMatchObject({ added: 100, done: 100, lost: 0 });
    },
  );
});
