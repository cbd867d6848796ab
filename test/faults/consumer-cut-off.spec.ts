import { describe } from 'vitest';
import type { TaskToSend } from '../../lib/runtime/index.js';
import { eventually } from '../support/eventually.js';
import { TAKEOVER, TTL } from './broker.js';
import { faultTest } from './fault-test.js';
import { pass } from './pass.js';
import { sorted } from './sorted.js';
import { waitingReads } from './waiting-reads.js';
import { type Fact, type Work, machineTime } from './work.js';

const tasks = ['work'];
const started = ({ what }: Fact): boolean => what === 'started';
const ended = ({ what }: Fact): boolean => what === 'ended';
const joined = ({ what }: Fact): boolean => what === 'joined';
const evicted = ({ what }: Fact): boolean => what === 'evicted';

const send = (data: Work, target?: string): TaskToSend[] => [
  { name: 'work', data, options: target === undefined ? {} : { target } },
];

describe.concurrent('the network between a consumer and Redis swallows everything', () => {
  faultTest(
    'others take over; what it finished meanwhile is not taken',
    async ({ app, expect }) => {
      const proxy = await app.proxy();
      const lonely = await app.start({ tasks, through: proxy });
      const other = await app.start({ tasks });
      const before = lonely.runtime.consumerId;
      await other.runtime.sender.enqueue([
        ...send({ n: 1, hold: true, only: before }, before),
        ...send({ n: 2, hold: true, only: before }, before),
      ]);
      await lonely.facts.count(2, started);

      const hole = proxy.blackHole();
      const start = machineTime();
      const taken = await other.facts.count(2, started, { within: TAKEOVER * 2 });
      expect(Math.max(...taken.map(({ at }) => at)) - start).toBeLessThan(TAKEOVER);
      await app.counted({ done: 2 });
      // one ends while nobody hears of it, the other one later
      lonely.workshop.release(1);
      hole.heal('deliver');
      await lonely.facts.until(evicted, { within: 10_000 });

      expect(lonely.facts.filter(({ what }) => what === 'aborted')).toMatchObject([{ n: 2 }]);
      lonely.workshop.release(2);
      const again = await lonely.facts.until((fact) => joined(fact) && fact.consumer !== before);
      await other.runtime.sender.enqueue(send({ n: 3 }, again.consumer));
      await lonely.facts.until((fact) => ended(fact) && fact.n === 3);
      await app.counted({ done: 3 });
      expect(sorted(other.facts.filter(ended).map(({ n }) => n))).toEqual([1, 2]);
    },
  );

  faultTest(
    'past its lease it starts nothing, even while nobody can evict it',
    async ({ app, expect }) => {
      const proxy = await app.proxy();
      const lonely = await app.start({ tasks, through: proxy });
      const before = lonely.runtime.consumerId ?? '';
      const producer = app.broker();
      await producer.runtime.connect();
      await eventually(async () => (await waitingReads(app)).length === 1);
      // the waiting read has arrived; from now on only its reply gets through
      const hole = proxy.blackHole({ direction: 'requests' });
      await pass(TTL);

      await producer.runtime.sender.enqueue(send({ n: 1 }, before));
      await eventually(async () => {
        const held = await app.redis.xpending(
          app.keys.lane(before, 't:default'),
          'g',
          '-',
          '+',
          1,
          before,
        );
        return held.length === 1;
      });
      await pass(TTL / 3);
      expect(lonely.facts.filter(started)).toEqual([]);
      const other = await app.start({ tasks });
      await other.facts.until(ended, { within: TAKEOVER * 2 });
      hole.heal('cut');
      await lonely.facts.until(evicted, { within: 10_000 });

      expect(lonely.facts.filter(started)).toEqual([]);
      await app.counted({ done: 1 });
    },
  );

  faultTest('for less than its time to live: nothing happens twice', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const lonely = await app.start({ tasks, through: proxy });
    const other = await app.start({ tasks });
    const id = lonely.runtime.consumerId;
    await other.runtime.sender.enqueue(send({ n: 1, hold: true }, id));
    await lonely.facts.until(started);

    const hole = proxy.blackHole();
    lonely.workshop.release(1);
    await pass(TTL / 3);
    hole.heal('deliver');

    await app.counted({ done: 1 });
    await pass(TTL);
    expect(lonely.runtime.consumerId).toBe(id);
    expect(await app.counters()).toMatchObject({ done: 1, lost: 0 });
    expect(other.facts.filter(started)).toEqual([]);
  });

  faultTest(
    'a slow network is none of it: with 100 ms each way all goes on',
    async ({ app, expect }) => {
      const proxy = await app.proxy();
      const slow = await app.start({ tasks, through: proxy });
      proxy.delay(100);
      const { runtime } = slow;
      const keyed = [0, 1, 2, 3].map((n) => ({ name: 'work', data: { n }, options: { key: 'k' } }));

      await runtime.sender.enqueue(keyed);
      await slow.facts.count(4, ended);
      await pass(TTL);

      await app.counted({ done: 4, lost: 0, stale: 0 });
      expect(slow.facts.filter(started).map(({ n }) => n)).toEqual([0, 1, 2, 3]);
      expect(slow.facts.filter(evicted)).toEqual([]);
    },
  );
});
