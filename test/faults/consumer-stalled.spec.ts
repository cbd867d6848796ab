import { describe } from 'vitest';
import type { TaskToSend } from '../../lib/runtime/index.js';
import type { Child } from '../support/child.js';
import { eventually } from '../support/eventually.js';
import { TAKEOVER, TTL } from './broker.js';
import type { FaultApp, LocalBroker } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { pass } from './pass.js';
import { range } from './range.js';
import { sorted } from './sorted.js';
import { type Fact, type Work, machineTime } from './work.js';

const tasks = ['work'];
const started = ({ what }: Fact): boolean => what === 'started';
const ended = ({ what }: Fact): boolean => what === 'ended';
const joined = ({ what }: Fact): boolean => what === 'joined';
const evicted = ({ what }: Fact): boolean => what === 'evicted';

const toConsumer = (target: string | undefined, ...works: Work[]): TaskToSend[] =>
  works.map((data) => ({
    name: 'work',
    data,
    options: target === undefined ? {} : { target },
  }));

const idOf = (child: Child<Fact>): string => child.facts.find(joined)?.consumer ?? '';

/** Resolves when every reader of tasks waits at Redis: what is sent now is handed over at once. */
async function allWait(app: FaultApp): Promise<void> {
  await eventually(async () => {
    const readers = String(await app.redis.client('LIST')).split('\n');
    const tasks = readers.filter((line) => line.includes(':t:default_of_'));
    return tasks.length > 0 && tasks.every((line) => / flags=b .* cmd=xreadgroup /.test(line));
  });
}

/** Sends to one that stands still; resolves when its socket is full of them. */
async function fill(app: FaultApp, sender: LocalBroker, child: Child<Fact>): Promise<void> {
  const target = idOf(child);
  await sender.runtime.sender.enqueue(
    toConsumer(target, ...range(8, 10).map((n) => ({ n, vitals: true }))),
  );
  await eventually(async () => {
    const lane = await app.redis.xpending(
      app.keys.lane(target, 't:default'),
      'g',
      '-',
      '+',
      10,
      target,
    );
    return lane.length >= 2;
  });
}

describe.concurrent('a consumer stands still for longer than its time to live', () => {
  faultTest(
    'others take over; when it wakes up it starts nothing of what it held',
    async ({ app, expect }) => {
      const sleeper = await app.spawn({ tasks });
      const before = idOf(sleeper);
      const other = await app.start({ tasks });
      const held = [1, 2].map((n) => ({ n, ms: 400 }));
      await other.runtime.sender.enqueue(toConsumer(before, ...held));
      await sleeper.facts.count(2, started);

      sleeper.signal('SIGSTOP');
      const stopped = machineTime();
      await fill(app, other, sleeper);
      const taken = await other.facts.count(10, started, { within: TAKEOVER * 2 });
      expect(Math.max(...taken.map(({ at }) => at)) - stopped).toBeLessThan(TAKEOVER);
      await other.facts.count(10, ended);
      await app.counted({ done: 10 });
      sleeper.signal('SIGCONT');
      await sleeper.facts.until(evicted);
      const rejoined = await sleeper.facts.until(
        (fact) => joined(fact) && fact.consumer !== before,
      );

      // the results it had are not taken, and the next task is handled by the one it is now
      await other.runtime.sender.enqueue(toConsumer(rejoined.consumer, { n: 30 }));
      await sleeper.facts.until((fact) => ended(fact) && fact.n === 30);
      await app.counted({ done: 11 });
      const starts = sleeper.facts.filter(started);
      expect(sorted(starts.map(({ n }) => n))).toEqual([1, 2, 30]);
      expect(starts.at(-1)).toMatchObject({ n: 30, consumer: rejoined.consumer });
    },
  );

  faultTest(
    'nobody else is there: it makes sure of its lease before it starts what it held',
    async ({ app, expect }) => {
      const sleeper = await app.spawn({ tasks });
      const { runtime } = app.broker();
      await runtime.connect();
      const [running] = toConsumer(idOf(sleeper), { n: 1, ms: 300 });
      await runtime.sender.enqueue([running as TaskToSend]);
      await sleeper.facts.until(started);

      await allWait(app);
      sleeper.signal('SIGSTOP');
      await fill(app, { runtime } as LocalBroker, sleeper);
      await pass(TTL * 1.5);
      sleeper.signal('SIGCONT');

      await sleeper.facts.count(9, ended);
      await app.counted({ done: 9, lost: 0, stale: 0 });
      const starts = sleeper.facts.filter(started);
      expect(starts.map(({ n }) => n)).toEqual([1, ...range(8, 10)]);
      const vitals = await sleeper.facts.count(8, ({ what }) => what === 'vitals');
      for (const { sinceBeat } of vitals) expect(sinceBeat).toBeLessThan(TTL);
    },
  );

  faultTest(
    'by a handler that never gives way: its tasks run elsewhere, and are settled once',
    async ({ app, expect }) => {
      const busy = await app.spawn({ tasks });
      const before = idOf(busy);
      const other = await app.start({ tasks });
      const works = [
        { n: 1, ms: 10 },
        { n: 2, only: before, block: TTL * 2 },
      ];
      await other.runtime.sender.enqueue(toConsumer(before, ...works));
      await busy.facts.count(2, started);

      await other.facts.count(2, ended, { within: TAKEOVER });
      await busy.facts.until((fact) => joined(fact) && fact.consumer !== before, {
        within: TAKEOVER * 2,
      });
      await app.counted({ done: 2 });
      expect(busy.facts.filter(started)).toHaveLength(2);
    },
  );

  faultTest('for less than it: nothing happens', async ({ app, expect }) => {
    const sleeper = await app.spawn({ tasks });
    const other = await app.start({ tasks });
    await other.runtime.sender.enqueue(toConsumer(idOf(sleeper), { n: 1, ms: 100 }));
    await sleeper.facts.until(started);

    sleeper.signal('SIGSTOP');
    await pass(TTL / 2);
    sleeper.signal('SIGCONT');

    await sleeper.facts.until(ended);
    await app.counted({ done: 1, lost: 0, stale: 0 });
    await pass(TTL);
    expect(sleeper.facts.filter(evicted)).toEqual([]);
    expect(other.facts.filter(started)).toEqual([]);
  });
});
