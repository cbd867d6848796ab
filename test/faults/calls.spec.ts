import { describe } from 'vitest';
import type { Child } from '../support/child.js';
import { eventually } from '../support/eventually.js';
import { ask } from './ask.js';
import { TAKEOVER } from './broker.js';
import { durableFaultTest, faultTest } from './fault-test.js';
import { memoryInUse } from './memory-in-use.js';
import { range } from './range.js';
import { type Fact, machineTime } from './work.js';

const MIB = 1024 * 1024;
const requests = ['ask'];
const started = ({ what }: Fact): boolean => what === 'started';

const consumerOf = (child: Child<Fact>): string =>
  child.facts.find(({ what }) => what === 'ready')?.consumer ?? '';

describe.concurrent('a request', () => {
  faultTest('that is idempotent survives its server', async ({ app, expect }) => {
    const victim = await app.spawn({ idempotent: requests });
    const heir = await app.start({ idempotent: requests });
    const options = { timeout: 30_000, target: consumerOf(victim) };
    const question = { name: 'ask', data: { n: 1, hold: true }, options };
    const answer = ask(heir.runtime.sender, question);
    await victim.facts.until(started);
    const death = machineTime();
    await victim.kill();
    await heir.facts.until(started, { within: TAKEOVER * 2 });
    expect(machineTime() - death).toBeLessThan(TAKEOVER);
    heir.workshop.release(1);
    expect(await answer).toMatchObject({ n: 1 });
    await app.counted({ done: 1, lost: 1 });
  });

  faultTest('with an id is handled once, though its caller dies', async ({ app, expect }) => {
    const server = await app.start({ requests });
    const options = { id: 'order 7', timeout: 30_000 };
    const question = { name: 'ask', data: { n: 1, hold: true }, options };
    const caller = await app.spawn();
    const lost = caller.call('request', question.name, question.data, options).catch(String);
    await server.facts.until(started);
    await caller.kill();
    await lost;
    const again = ask(server.runtime.sender, question);
    const other = await app.spawn();
    const third = other.call('request', question.name, question.data, options);
    await eventually(async () => (await app.counters()).duplicates >= 2);
    server.workshop.release(1);
    expect(await Promise.all([again, third])).toMatchObject([{ n: 1 }, { n: 1 }]);
    expect(server.facts.filter(started)).toHaveLength(1);
  });

  durableFaultTest('survives a restart of Redis with its file', async ({ app, expect }) => {
    const server = await app.start({ requests, settings: { sendTimeout: 20_000 } });
    const client = app.broker({ settings: { sendTimeout: 20_000 } });
    const call = async (n: number, hold: boolean): Promise<unknown> =>
      await ask(client.runtime.sender, {
        name: 'ask',
        data: { n, hold },
        options: { timeout: 30_000 },
      });
    await client.runtime.connect();
    const running = call(1, true);
    await server.facts.until(started);
    await app.server.kill();
    const whileAway = call(2, false);
    server.workshop.release(1);
    await app.server.restart();
    expect(await Promise.all([running, whileAway])).toMatchObject([{ n: 1 }, { n: 2 }]);
    expect(server.facts.filter(started)).toHaveLength(2);
  });

  faultTest(
    'never brings a foreign reply, of two processes on one host',
    async ({ app, expect }) => {
      await app.start({ requests });
      const callers = [await app.spawn(), await app.spawn()];
      const asked = callers.flatMap((caller, who) =>
        range(300).map((n) => {
          const mode = n % 2 === 0 ? 'fast' : 'reliable';
          return caller.call('request', 'ask', { n: who * 1_000 + n }, { mode, timeout: 30_000 });
        }),
      );
      const replies = (await Promise.all(asked)) as { n: number }[];
      expect(replies.map(({ n }) => n)).toEqual([...range(300), ...range(300, 1_000)]);
    },
  );
});

describe('100,000 requests that time out', () => {
  faultTest(
    'leave memory, timers and keys where they were',
    { timeout: 120_000 },
    async ({ app, expect }) => {
      const server = app.broker({ settings: { rpc: { maxJobs: 2_000, maxWaiting: 100_000 } } });
      server.runtime.handle({
        kind: 'request',
        name: 'never',
        invoke: async () => await new Promise(() => undefined),
      });
      await server.runtime.start();
      const client = app.broker();
      await client.runtime.connect();
      const { sender } = client.runtime;
      const wave = async (count: number): Promise<number> => {
        const calls = range(count).map(async (n) => {
          const mode = n % 2 === 0 ? ('fast' as const) : ('reliable' as const);
          const question = { name: 'never', data: { n }, options: { mode, timeout: 400 } };
          return await ask(sender, question).then(
            () => 'answered',
            (error: { code: string }) => error.code,
          );
        });
        return (await Promise.all(calls)).filter((code) => code === 'TIMEOUT').length;
      };
      const calm = async (): Promise<void> => {
        await eventually(
          async () =>
            (await app.stats()).names.every(({ waiting, running }) => waiting + running === 0),
          { within: 20_000 },
        );
      };
      await wave(4_000);
      await calm();
      const [memory, keys] = [memoryInUse(), await app.redis.keys('*')];
      let timedOut = 0;
      // on a busy machine some cannot even be sent in time
      for (let waves = 0; timedOut < 100_000 && waves < 50; waves += 1) {
        timedOut += await wave(5_000);
        await calm();
      }
      expect(timedOut).toBeGreaterThanOrEqual(100_000);
      await eventually(async () =>
        expect((await app.redis.keys('*')).toSorted()).toEqual(keys.toSorted()),
      );
      await eventually(() => memoryInUse() - memory < 8 * MIB);
    },
  );
});
