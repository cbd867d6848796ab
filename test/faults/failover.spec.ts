import { describe, expect } from 'vitest';
import { auditRedis } from '../support/redis-audit.js';
import { eventually } from '../support/eventually.js';
import { payloadsIn } from '../support/payloads-in.js';
import { ReplicatedRedis } from '../support/redis-replica.js';
import type { RedisServer } from '../support/redis-server.js';
import { ask } from './ask.js';
import type { FaultApp, LocalBroker } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { range } from './range.js';
import { sorted } from './sorted.js';
import type { Fact } from './work.js';

const started = ({ what }: Fact): boolean => what === 'started';
const durability = { replicas: 1, timeout: 100 };

/** A test with a primary and a replica. */
const replicaTest = faultTest.extend<{ site: ReplicatedRedis; server: RedisServer }>({
  // oxlint-disable-next-line eslint/no-empty-pattern -- the shape vitest asks for
  site: async ({}, use) => {
    const site = await ReplicatedRedis.start();
    await use(site);
    await site.stop();
  },
  server: async ({ site }, use) => await use(site.server),
});

const send = async ({ runtime }: LocalBroker, name: string, n: number): Promise<unknown> =>
  await runtime.sender.enqueue([{ name, data: { n }, options: { dedupeId: `${n}` } }]);

/** Numbers of the tasks under a name that nobody handles. */
async function waiting({ redis, keys }: FaultApp, name: string): Promise<number[]> {
  const sent = (await payloadsIn(redis, keys.stream(`t:${name}`))) as { readonly n: number }[];
  return sorted(sent.map(({ n }) => n)) as number[];
}

/** Numbers for which the predicate of what became of a send holds. */
const indices = (
  results: readonly PromiseSettledResult<unknown>[],
  status: PromiseSettledResult<unknown>['status'],
): number[] => results.flatMap((result, i) => (result.status === status ? [i] : []));

describe('a replica that is behind takes over', () => {
  replicaTest(
    'without durability: what it had not got yet is lost, what was settled runs again',
    async ({ app, site }) => {
      const consumer = await app.start({ tasks: ['work'], settings: { maxJobs: 10 } });
      await Promise.all(range(30).map(async (n) => await send(consumer, 'kept', n)));
      await consumer.runtime.sender.enqueue(
        range(10).map((n) => ({ name: 'work', data: { n, hold: true } })),
      );
      await consumer.facts.count(10, started);
      await site.replicated();
      site.lag();
      for (const n of range(10)) consumer.workshop.release(n);
      await app.counted({ done: 10 });
      const later = range(20, 30).map(async (n) => await send(consumer, 'kept', n));
      const acknowledged = indices(await Promise.allSettled(later), 'fulfilled');
      expect(acknowledged).toHaveLength(20);
      await site.failOver();

      // the known limit: all twenty, although each was acknowledged
      await eventually(async () => expect(await waiting(app, 'kept')).toEqual(range(30)));
      // the ten are pending again, and each is handled once more
      await consumer.facts.count(20, started, { within: 10_000 });
      for (const n of range(10)) consumer.workshop.release(n);
      await app.counted({ done: 10 });
      await eventually(async () => await send(consumer, 'work', 50));
      await consumer.facts.until(({ what, n }) => what === 'ended' && n === 50);
      await app.counted({ done: 11, lost: 0 });
      const { places } = await auditRedis(app.redis, app.keys);
      expect([...places.values()].filter((found) => found.length > 1)).toEqual([]);
      expect(await consumer.runtime.health()).toMatchObject({ status: 'up' });
    },
  );

  replicaTest(
    'with durability: what was acknowledged is there, the rest is told and can be sent again',
    async ({ app, site }) => {
      const broker = await app.start({
        requests: ['ask'],
        durable: ['paid'],
        durability,
        settings: { sendTimeout: 500 },
      });
      const { sender } = broker.runtime;
      // one that has the time a busy machine may take
      const patient = app.broker({ durability, settings: { sendTimeout: 20_000 } });
      await patient.runtime.connect();
      await Promise.all(range(30).map(async (n) => await send(patient, 'kept', n)));
      // the first tells it that the event is kept
      await eventually(async () => await sender.publish('paid', { n: 1 }), { within: 20_000 });
      site.lag();
      const results = await Promise.allSettled([
        ...range(20, 30).map(async (n) => await send(broker, 'kept', n)),
        sender.publish('paid', { n: 2 }),
      ]);
      for (const result of results) {
        expect(result).toMatchObject({
          status: 'rejected',
          reason: {
            name: 'NotReplicatedError',
            code: 'NOT_REPLICATED',
            retryable: true,
            outcome: 'unknown',
            message: expect.stringContaining('0 of 1 replicas') as string,
          },
        });
      }
      // what needs no replica goes on
      expect(await ask(sender, { name: 'ask', data: { n: 3 } })).toEqual({ n: 3 });
      await broker.facts.until(({ what, n }) => what === 'ended' && n === 2);
      expect(await waiting(app, 'kept')).toEqual(range(50));
      await site.failOver();
      await eventually(async () => expect(await waiting(app, 'kept')).toEqual(range(30)));

      // nobody can confirm it: told again
      await expect(send(broker, 'kept', 30)).rejects.toMatchObject({ retryable: true });
      await site.reinforce();
      const again = range(50).map(async (n) => await send(patient, 'kept', n));
      expect(indices(await Promise.allSettled(again), 'fulfilled')).toEqual(range(50));
      expect(await waiting(app, 'kept')).toEqual(range(50));
    },
  );

  replicaTest(
    'with durability: a send that still has time is safe by itself',
    async ({ app, site }) => {
      const broker = await app.start({ durability, settings: { sendTimeout: 20_000 } });
      const { sender } = broker.runtime;
      site.lag();
      // it catches up in time, after several tries
      const slow = sender.enqueue(range(200).map((n) => ({ name: 'slow', data: { n } })));
      await eventually(async () => expect(await waiting(app, 'slow')).toHaveLength(200));
      await eventually(async () => (await waits(app)) > 2);
      site.catchUp();
      await slow;
      expect(await waiting(app, 'slow')).toEqual(range(200));

      // it never does: the batch is applied anew where it is missing
      await site.replicated();
      site.lag();
      const sent = sender.enqueue(range(200).map((n) => ({ name: 'moved', data: { n } })));
      await eventually(async () => expect(await waiting(app, 'moved')).toHaveLength(200));
      await site.failOver();
      await site.reinforce();
      await sent;
      expect(await waiting(app, 'moved')).toEqual(range(200));
      expect(await waiting(app, 'slow')).toEqual(range(200));
    },
  );

  replicaTest('a start tells that there are too few replicas', async ({ app }) => {
    const asks = { durability: { replicas: 2, timeout: 1_000 } };
    const { lines } = await app.start(asks);
    expect(lines).toContainEqual(
      'durability asks for 2 replicas, 1 answer now: until there are enough, what is sent is rejected with NOT_REPLICATED',
    );
    // ends with the word of the one there is, however late that comes
    const enough = { durability: { replicas: 1, timeout: 4_000 } };
    expect((await app.start(enough)).lines).toEqual([]);
  });
});

/** How often replicas were waited for. */
async function waits({ redis }: FaultApp): Promise<number> {
  return Number(/cmdstat_wait:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
}
