import { describe, expect } from 'vitest';
import type { MembersChange } from '../../lib/backend/index.js';
import { eventually } from '../support/eventually.js';
import type { FaultApp, LocalBroker } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { pass } from './pass.js';
import { range } from './range.js';

const EVENTS = /:events$/;

const isGap = ({ what }: { readonly what: string }): boolean => what === 'gap';

/** The connections of subscriptions, as Redis numbers them. */
async function subscribers(app: FaultApp): Promise<string[]> {
  const list = (await app.redis.client('LIST')) as string;
  return list
    .split('\n')
    .filter((line) => EVENTS.test(/ name=(\S*)/.exec(line)?.[1] ?? ''))
    .map((line) => /\bid=(\d+)/.exec(line)?.[1] ?? '');
}

/** Redis itself ends the connection of a broker's subscriptions. */
async function killSubscriber(app: FaultApp): Promise<void> {
  const [id = '', ...others] = await subscribers(app);
  expect(others).toEqual([]);
  expect(await app.redis.client('KILL', 'ID', id)).toBe(1);
  expect(await subscribers(app)).not.toContain(id);
}

/** What is said after so many interruptions, and never more. */
async function expectGaps({ facts, lines, runtime }: LocalBroker, gaps: number): Promise<void> {
  await facts.count(gaps, isGap);
  // the connection for commands may be on its way back still
  const { events } = await eventually(async () => await runtime.stats());
  expect(events).toEqual({ dropped: 0, gaps, lastGap: expect.any(Number) as number });
  expect(Math.abs(Date.now() - (events.lastGap ?? 0))).toBeLessThan(10_000);
  expect(facts.filter(isGap)).toHaveLength(gaps);
  expect(lines.filter((line) => line.includes('interrupted'))).toHaveLength(gaps);
}

/** A later event reaches the handler of its name and that of a pattern for it, each once. */
async function expectHeard(
  { facts }: LocalBroker,
  { runtime }: LocalBroker,
  n: number,
): Promise<void> {
  await runtime.sender.publish('news.eu', { n });
  const mine = ({ what, n: found }: { readonly what: string; readonly n?: number }): boolean =>
    what === 'event' && found === n;
  await facts.count(2, mine);
  // whatever was doubled would come before it
  await runtime.sender.publish('news.eu', { n: n + 0.5 });
  await facts.count(2, ({ n: found }) => found === n + 0.5);
  expect(facts.filter(mine).map(({ name }) => name)).toEqual(['news.eu', 'news.eu']);
}

const handling = { events: ['news.eu', 'news.*'] } as const;

async function producer(app: FaultApp): Promise<LocalBroker> {
  const broker = app.broker();
  await broker.runtime.connect();
  return broker;
}

describe.concurrent('the subscriptions of an instance are interrupted', () => {
  faultTest(
    'by Redis, again and again: each time it is said once, and all are restored',
    async ({ app }) => {
      const consumer = await app.start(handling);
      const sending = await producer(app);
      await expectHeard(consumer, sending, 0);
      expect((await consumer.runtime.stats()).events).toEqual({ dropped: 0, gaps: 0 });
      for (const n of range(3, 1)) {
        await killSubscriber(app);
        await expectGaps(consumer, n);
        await expectHeard(consumer, sending, n);
      }
      await expectGaps(consumer, 3);
      expect(await app.redis.pubsub('NUMPAT')).toBe(1);
    },
  );

  faultTest('for a while, with many tries in vain: that is one gap', async ({ app }) => {
    const proxy = await app.proxy();
    const consumer = await app.start({ ...handling, through: proxy });
    const sending = await producer(app);
    proxy.refuse();
    expect(proxy.cut()).toBe(2);
    await consumer.facts.until(({ what }) => what === 'link down');
    // missed, as events are
    await sending.runtime.sender.publish('news.eu', { n: 1 });
    await pass(500);
    proxy.accept();
    await expectGaps(consumer, 1);
    await expectHeard(consumer, sending, 2);
    expect(consumer.facts.find(({ n }) => n === 1)).toBeUndefined();
    await expectGaps(consumer, 1);
  });

  faultTest('by a restart of Redis: that is one gap', async ({ app }) => {
    const consumer = await app.start(handling);
    const sending = await producer(app);
    await app.server.kill();
    await consumer.facts.until(({ what }) => what === 'link down');
    await app.server.restart();
    await expectGaps(consumer, 1);
    await expectHeard(consumer, sending, 1);
    await expectGaps(consumer, 1);
  });

  faultTest('where no event is handled: there is no gap in events', async ({ app }) => {
    const consumer = await app.start({ tasks: ['work'] });
    const heard: MembersChange[] = [];
    consumer.runtime.on('members', (change) => heard.push(change));
    const control = app.keys.channel('control');
    const listening = async (): Promise<boolean> =>
      ((await app.redis.pubsub('NUMSUB', control)) as [string, number])[1] === 1;
    await eventually(listening);
    await killSubscriber(app);
    await eventually(listening);
    // it hears again what is said there
    const other = await app.start({ tasks: ['work'] });
    await eventually(() => heard.some(({ consumer: id }) => id === other.runtime.consumerId));
    expect(consumer.facts.filter(isGap)).toEqual([]);
    expect((await consumer.runtime.stats()).events).toEqual({ dropped: 0, gaps: 0 });
    expect(consumer.lines.filter((line) => line.includes('interrupted'))).toEqual([]);
  });
});
