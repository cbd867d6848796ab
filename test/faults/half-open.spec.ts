import { describe } from 'vitest';
import { eventually } from '../support/eventually.js';
import { TAKEOVER } from './broker.js';
import type { FaultApp, LocalBroker } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { waitingReads } from './waiting-reads.js';
import { type Fact, machineTime } from './work.js';

const COMMANDS = /:commands$/;
const EVENTS = /:events$/;
const TASKS = /:t:default_of_/;

/** A waiting read ends after 5 s at the latest; 2 s later its connection counts as dead. */
const DETECTED = 7_000;
/** On top of it: a new connection, on a busy machine. */
const MARGIN = 1_500;

const ended = ({ what }: Fact): boolean => what === 'ended';

const work = (n: number) => ({ name: 'work', data: { n } });

/** The takeover of a dead consumer must not be what helps here. */
const settings = { heartbeatTtl: 60_000 };

async function producer(app: FaultApp): Promise<LocalBroker> {
  const broker = app.broker();
  await broker.runtime.connect();
  return broker;
}

describe.concurrent('a connection is dead, and nobody was told', () => {
  faultTest(
    'of a reader: found out, and what it was served is read again',
    async ({ app, expect }) => {
      const proxy = await app.proxy();
      const consumer = await app.start({ tasks: ['work'], through: proxy, settings });
      const { sender } = (await producer(app)).runtime;
      await eventually(async () => (await waitingReads(app)).length === 1);
      const start = machineTime();
      proxy.blackHole({ which: TASKS, lasting: false });

      await sender.enqueue([work(1), work(2), work(3)]);
      const facts = await consumer.facts.count(3, ended, { within: DETECTED + MARGIN });

      expect((facts.at(-1)?.at ?? 0) - start).toBeLessThan(DETECTED + MARGIN);
      await app.counted({ done: 3, lost: 0 });
      expect(consumer.facts.filter(ended)).toHaveLength(3);
    },
  );

  faultTest('of commands: found out, sends and results arrive once', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const consumer = await app.start({ tasks: ['work'], through: proxy });
    const { sender } = consumer.runtime;
    await sender.enqueue([{ name: 'work', data: { n: 0, hold: true } }]);
    await consumer.facts.until(({ what }) => what === 'started');
    const id = consumer.runtime.consumerId;
    const start = machineTime();
    proxy.blackHole({ which: COMMANDS, lasting: false });

    consumer.workshop.release(0);
    await sender.enqueue([work(1), work(2)]);
    await consumer.facts.count(3, ended, { within: DETECTED });

    expect(machineTime() - start).toBeLessThan(DETECTED);
    await app.counted({ added: 3, done: 3, lost: 0 });
    expect(consumer.runtime.consumerId).toBe(id);
  });

  faultTest(
    'of subscriptions: found out, said, and events arrive again',
    async ({ app, expect }) => {
      const proxy = await app.proxy();
      const consumer = await app.start({ events: ['news'], through: proxy });
      const { sender } = (await producer(app)).runtime;
      await sender.publish('news', { n: 0 });
      await consumer.facts.until(({ what }) => what === 'event');
      const start = machineTime();
      proxy.blackHole({ which: EVENTS, lasting: false });
      await sender.publish('news', { n: 1 });

      // something may have been missed, and this is said
      const gap = await consumer.facts.until(({ what }) => what === 'gap', {
        within: DETECTED + MARGIN,
      });
      expect(gap.at - start).toBeLessThan(DETECTED + MARGIN);
      await sender.publish('news', { n: 2 });
      await consumer.facts.until(({ what, n }) => what === 'event' && n === 2);
      expect(consumer.facts.filter(({ what }) => what === 'event')).toHaveLength(2);
    },
  );

  faultTest('a reply that was lost with the subscription is fetched', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const server = await app.start({ requests: ['ask'] });
    const client = app.broker({ through: proxy });
    await client.runtime.connect();
    const ask = async (n: number, hold: boolean): Promise<unknown> =>
      await new Promise((resolve, reject) => {
        const observer = { next: resolve, error: reject, complete: () => undefined };
        client.runtime.sender.request('ask', { n, hold }, { timeout: 20_000 }, observer);
      });
    await ask(0, false);
    const answer = ask(1, true);
    await server.facts.until(({ what, n }) => what === 'started' && n === 1);
    proxy.blackHole({ which: EVENTS, lasting: false });
    server.workshop.release(1);

    expect(await answer).toMatchObject({ n: 1 });
    await app.counted({ done: 2 });
  });

  faultTest(
    'for Redis alone: what it serves to the dead side is not stranded',
    async ({ app, expect }) => {
      const proxy = await app.proxy();
      const consumer = await app.start({ tasks: ['work'], through: proxy, settings });
      const { sender } = (await producer(app)).runtime;
      await eventually(async () => (await waitingReads(app)).length === 1);
      proxy.refuse();
      proxy.cutClients(TASKS);
      // served to the dead side, which Redis keeps
      await sender.enqueue([work(1)]);
      await eventually(async () => (await app.stats()).names[0]?.running === 1);
      proxy.accept();
      await consumer.facts.count(1, ended, { within: TAKEOVER });

      // and this time a new read waits beside the dead one before there is something to serve
      await eventually(async () => (await waitingReads(app)).length === 1);
      const [dead] = await waitingReads(app);
      proxy.cutClients(TASKS);
      await eventually(async () => (await waitingReads(app)).some((id) => id !== dead));
      await sender.enqueue([work(2), work(3)]);
      await consumer.facts.count(3, ended, { within: TAKEOVER });

      await app.counted({ done: 3, lost: 0 });
      expect(consumer.facts.filter(ended)).toHaveLength(3);
    },
  );

  faultTest('a new one, in its first words: another one is made', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const consumer = await app.start({
      tasks: ['work'],
      events: ['news'],
      through: proxy,
      settings,
    });
    const { sender } = (await producer(app)).runtime;
    const hole = proxy.blackHole();
    const before = proxy.names.length;
    expect(proxy.cut()).toBe(before);
    // every connection is being made again, into the hole
    await eventually(() => proxy.names.length === before);
    hole.heal('forget');

    const start = machineTime();
    await sender.enqueue([work(1)]);
    await consumer.facts.until(ended, { within: 15_000 });
    expect(machineTime() - start).toBeLessThan(DETECTED + MARGIN);
    await eventually(async () => {
      await sender.publish('news', { n: 1 });
      return consumer.facts.find(({ what }) => what === 'event') !== undefined;
    });
  });

  faultTest(
    'and the user may not end connections: all come back as well',
    async ({ app, expect, skip }) => {
      const version = /redis_version:(\d+)/.exec(await app.redis.info('server'))?.[1];
      skip(Number(version) < 7, 'Redis knows no permissions of subcommands before 7');
      await app.redis.call(
        'ACL',
        'SETUSER',
        'modest',
        'on',
        '>secret',
        '~*',
        '&*',
        '+@all',
        '-client|kill',
      );
      const proxy = await app.proxy();
      const as = 'modest:secret';
      const consumer = await app.start({
        tasks: ['work'],
        events: ['news'],
        through: proxy,
        settings,
        as,
      });
      const { sender } = (await producer(app)).runtime;
      expect(proxy.cut()).toBe(3);

      await sender.enqueue([work(1)]);
      await consumer.facts.until(ended);
      await eventually(async () => {
        await sender.publish('news', { n: 1 });
        return consumer.facts.find(({ what }) => what === 'event') !== undefined;
      });
      await app.counted({ done: 1 });
    },
  );
});
