import { describe, expect } from 'vitest';
import { BackendUnavailableError, OverloadedError } from '../../lib/errors/index.js';
import { eventually } from '../support/eventually.js';
import { payloadsIn } from '../support/payloads-in.js';
import { memoryInUse } from './memory-in-use.js';
import { pass } from './pass.js';
import type { LocalBroker } from './fault-app.js';
import { durableFaultTest } from './fault-test.js';
import { range } from './range.js';
import { machineTime } from './work.js';

const MIB = 1024 * 1024;

const send = async ({ runtime }: LocalBroker, n: number): Promise<unknown> =>
  await runtime.sender.enqueue([{ name: 'work', data: { n } }]);

/** The link knows of it: what is sent from now on has certainly not left. */
const down = async ({ facts }: LocalBroker): Promise<unknown> =>
  await facts.until(({ what }) => what === 'link down');

describe('Redis is away for a producer', () => {
  durableFaultTest(
    'for less than the send deadline: everything is delivered once',
    async ({ app }) => {
      const producer = app.broker();
      await producer.runtime.connect();
      await send(producer, 0);
      // some are on their way at that very moment, others come while it is away
      const early = range(500, 1).map(async (n) => await send(producer, n));
      await app.server.kill();
      const late = range(500, 501).map(async (n) => await send(producer, n));
      await pass(1_500);
      await app.server.restart();

      await Promise.all([...early, ...late]);

      expect(await app.redis.xlen(app.keys.stream('t:work'))).toBe(1_001);
      const { facts } = await app.start({ tasks: ['work'], settings: { maxJobs: 100 } });
      await facts.count(1_001, ({ what }) => what === 'ended');
      await app.counted({ added: 1_001, done: 1_001 });
      expect(new Set(facts.all.map(({ n }) => n)).size).toBe(1_001 + 1);
    },
  );

  durableFaultTest(
    'for longer: the send is rejected, and says whether it left',
    async ({ app }) => {
      const proxy = await app.proxy();
      const producer = app.broker({ through: proxy, settings: { sendTimeout: 500 } });
      await producer.runtime.connect();
      await send(producer, 0);

      // on its way when the network broke: nobody can know
      const hole = proxy.blackHole({ direction: 'replies' });
      const start = machineTime();
      const unknown = send(producer, 1);
      await expect(unknown).rejects.toMatchObject({
        code: 'BACKEND_UNAVAILABLE',
        outcome: 'unknown',
        retryable: true,
      });
      await expect(unknown).rejects.toBeInstanceOf(BackendUnavailableError);
      expect(machineTime() - start).toBeLessThan(1_500);
      await app.server.kill();
      hole.heal('cut');
      await down(producer);
      // sent when it was known to be away: it never left
      await expect(send(producer, 2)).rejects.toMatchObject({
        code: 'BACKEND_UNAVAILABLE',
        outcome: 'not-sent',
        retryable: true,
      });

      await app.server.restart();
      await eventually(async () => await send(producer, 3));
      const tasks = await payloadsIn(app.redis, app.keys.stream('t:work'));
      const sent = (tasks as { readonly n: number }[]).map(({ n }) => n);
      expect(sent).not.toContain(2);
      expect(sent.filter((n) => n !== 1)).toEqual([0, 3]);
    },
  );

  durableFaultTest(
    'beyond what may wait: refused at once, and memory is bounded',
    async ({ app }) => {
      const producer = app.broker({ settings: { sendTimeout: 60_000 } });
      await producer.runtime.connect();
      await app.server.kill();
      await down(producer);
      const payload = 'x'.repeat(MIB - 2);
      const before = memoryInUse();
      const sends: Promise<unknown>[] = [];
      let refused = 0;
      for (const n of range(400)) {
        const sent = producer.runtime.sender.enqueue([{ name: 'big', data: payload }]);
        const first = await Promise.race([sent.catch((error: unknown) => error), nextTurn(n)]);
        if (first === n) {
          sends.push(sent);
          continue;
        }
        expect(first).toBeInstanceOf(OverloadedError);
        expect(first).toMatchObject({ outcome: 'not-sent', retryable: true });
        refused += 1;
      }

      // a batch of its own, and 64 MiB behind it
      expect(sends.length).toBeGreaterThan(60);
      expect(sends.length).toBeLessThan(70);
      expect(refused).toBe(400 - sends.length);
      await eventually(() => memoryInUse() - before < 80 * MIB);

      await app.server.restart();
      await Promise.all(sends);
      expect(await app.redis.xlen(app.keys.stream('t:big'))).toBe(sends.length);
    },
  );

  durableFaultTest('a flood of small tasks finds its end as well', async ({ app }) => {
    const producer = app.broker({ settings: { sendTimeout: 60_000 } });
    await producer.runtime.connect();
    await app.server.kill();
    await down(producer);
    let accepted = 0;
    let refusals = 0;
    const batch = range(250).map((n) => ({ name: 'small', data: { n } }));
    const attempts = range(440).map(async () => {
      try {
        await producer.runtime.sender.enqueue(batch);
        accepted += batch.length;
      } catch (error) {
        expect(error).toMatchObject({ code: 'OVERLOADED', outcome: 'not-sent' });
        refusals += 1;
      }
    });
    await eventually(() => refusals > 0);
    await app.server.restart();
    await Promise.all(attempts);

    expect(accepted).toBeGreaterThanOrEqual(100_000);
    expect(accepted + refusals * 250).toBe(110_000);
    expect(await app.redis.xlen(app.keys.stream('t:small'))).toBe(accepted);
  });
});

const nextTurn = async <T>(value: T): Promise<T> =>
  await new Promise((resolve) => setImmediate(() => resolve(value)));
