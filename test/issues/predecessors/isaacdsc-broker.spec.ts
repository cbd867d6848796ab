import { describe } from 'vitest';
import type { TaskToSend } from '../../../lib/runtime/index.js';
import type { FaultApp } from '../../faults/fault-app.js';
import { faultTest } from '../../faults/fault-test.js';
import { memoryInUse } from '../../faults/memory-in-use.js';
import { pass } from '../../faults/pass.js';
import { range } from '../../faults/range.js';
import type { Fact } from '../../faults/work.js';
import { eventually } from '../../support/eventually.js';
import { onBoth } from './place-test.js';

const TTL = 400;
const MIB = 1024 * 1024;

const started = ({ what }: Fact): boolean => what === 'started';
const ended = ({ what }: Fact): boolean => what === 'ended';

const batch = (count: number, name = 'work'): TaskToSend[] =>
  range(count).map((n) => ({ name, data: { n } }));

describe('unlike IsaacDSC/broker, which', () => {
  onBoth((test) => {
    test('forgets a consumer that has nothing to do, and strands what comes later', async ({
      place,
      expect,
    }) => {
      const settings = { heartbeatTtl: TTL };
      const { runtime, facts } = await place.start({ tasks: ['work'], settings });
      const id = runtime.consumerId;
      await pass(TTL * 3.5);
      expect((await runtime.stats()).consumers).toMatchObject([{ id }]);
      await runtime.sender.enqueue(batch(10));

      await facts.count(10, ended);
      expect(runtime.consumerId).toBe(id);
    });

    test('claims a burst that is larger than its places, and drops the rest', async ({
      place,
      expect,
    }) => {
      const { runtime, facts } = await place.start({ tasks: ['work'], settings: { maxJobs: 10 } });
      const burst = range(50).map((n) => ({ name: 'work', data: { n, ms: 20 } }));
      await runtime.sender.enqueue(burst);

      await facts.count(50, ended);
      expect(new Set(facts.filter(started).map(({ n }) => n)).size).toBe(50);
      await place.counted({ done: 50 });
    });

    test('loses a message whose handler fails', async ({ place, expect }) => {
      const { runtime, facts } = await place.start({ tasks: ['work'] });
      const tasks = range(10).map((n) => ({ name: 'work', data: { n, failures: 1 } }));
      await runtime.sender.enqueue(tasks);

      await place.counted({ done: 10, retried: 10, dead: 0 });
      expect(facts.filter(ended)).toHaveLength(10);
    });

    test('runs a handler twice that takes longer than its claim', async ({ place, expect }) => {
      const settings = { heartbeatTtl: TTL };
      const a = await place.start({ tasks: ['work'], settings });
      const b = await place.start({ tasks: ['work'], settings });
      await a.runtime.sender.enqueue([{ name: 'work', data: { n: 1, ms: TTL * 3 } }]);

      await place.counted({ done: 1, lost: 0, stale: 0 });
      expect([...a.facts.all, ...b.facts.all].filter(started)).toHaveLength(1);
    });

    test('hands messages out in reverse, or in any order', async ({ place, expect }) => {
      const producer = await place.connect();
      await producer.runtime.sender.enqueue(batch(10));
      await producer.runtime.sender.enqueue(batch(10));
      const { facts } = await place.start({ tasks: ['work'], settings: { maxJobs: 1 } });

      const all = await facts.count(20, ended);
      expect(all.map(({ n }) => n)).toEqual([...range(10), ...range(10)]);
    });

    test('never hands out a message whose name has a colon', async ({ place, expect }) => {
      const name = 'orders:created:v1';
      const names = { tasks: [name], events: [name], requests: [name] };
      const { runtime, facts } = await place.start(names);
      await runtime.sender.enqueue(batch(5, name));
      for (const n of range(5)) await runtime.sender.publish(name, { n });
      await facts.count(5, ended);
      await facts.count(5, ({ what }) => what === 'event');
      const [sent] = await runtime.sender.enqueue([
        { name, data: { n: 9 }, options: { delay: 60_000 } },
      ]);

      expect(await runtime.sender.cancel(sent?.id ?? '')).toBe('removed');
    });

    test('panics when it is stopped twice', async ({ place, expect }) => {
      const { runtime } = await place.start({ tasks: ['work'] });
      await Promise.all([runtime.drain(), runtime.drain(), runtime.close(), runtime.close()]);
      await runtime.drain();
      await runtime.close();

      expect(runtime.consumerId).toBeUndefined();
    });

    test('leaves timers and memory behind', async ({ place, expect }) => {
      const live = async (): Promise<void> => {
        const { runtime, facts } = await place.start({
          tasks: ['work'],
          events: ['news'],
          requests: ['ask'],
        });
        await runtime.sender.enqueue(batch(100));
        await facts.count(100, ended);
        await runtime.close();
      };
      for (let i = 0; i < 5; i++) await live();
      const handles = (): number =>
        process.getActiveResourcesInfo().filter((kind) => /Timeout|TCP/.test(kind)).length;
      const before = { memory: memoryInUse(), handles: handles() };
      for (let i = 0; i < 20; i++) await live();

      await eventually(() => handles() <= before.handles + 2);
      // what the tests themselves remember is a part of it
      await eventually(() => memoryInUse() - before.memory < 8 * MIB);
      expect(handles()).toBeLessThanOrEqual(before.handles + 2);
    });

    test('turns a consumer it has removed into a zombie', async ({ place }) => {
      const removed = await place.start({ tasks: ['work'], settings: { heartbeatTtl: TTL } });
      const before = removed.runtime.consumerId ?? '';
      const { backend } = await place.watch();
      // somebody takes it for one that has left
      await backend.queue.evict(before, { leaving: true, lostLimit: 5 });
      await removed.facts.until(({ what, consumer }) => what === 'joined' && consumer !== before);
      await removed.runtime.sender.enqueue(batch(10));

      await removed.facts.count(10, ended);
      await place.counted({ done: 10 });
    });
  });

  faultTest('keeps a processor busy while it has nothing to do', async ({ app, expect }) => {
    const consumer = await app.spawn({
      tasks: ['work'],
      requests: ['ask'],
      settings: { heartbeatTtl: 900 },
    });
    await eventually(async () => (await blocked(app)) === 2);
    const before = await commands(app);
    const cpu = await consumer.call<number>('cpu');
    await pass(2_000);
    const after = await commands(app);

    // a beat every 300 ms, and what belongs to it
    const sent = total(after) - total(before);
    expect(sent).toBeLessThan(150);
    expect((await consumer.call<number>('cpu')) - cpu).toBeLessThan(400);
    expect([...after.keys()]).not.toContain('keys');
  });

  faultTest(
    'asks once more for every message, and looks at all of the queue for it',
    async ({ app, expect }) => {
      const consumer = await app.start({ tasks: ['work'], settings: { maxJobs: 100 } });
      const producer = app.broker();
      await producer.runtime.connect();
      const before = await commands(app);
      for (const hundred of range(10)) {
        await producer.runtime.sender.enqueue(
          range(100, hundred * 100).map((n) => ({ name: 'work', data: { n } })),
        );
      }
      await consumer.facts.count(1_000, ended);
      await app.counted({ done: 1_000 });
      const after = await commands(app);

      const calls = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
      expect(calls('evalsha') + calls('eval') + calls('xreadgroup')).toBeLessThan(1_000);
      for (const slow of ['keys', 'scan', 'lrange', 'lrem']) expect(calls(slow)).toBe(0);
    },
  );
});

/** Calls of each command since the server runs, those of the tests apart. */
async function commands({ redis }: FaultApp): Promise<Map<string, number>> {
  const stats = await redis.info('commandstats');
  const found = [...stats.matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)];
  const own = new Set(['info', 'time', 'client|list']);
  return new Map(
    found.flatMap(([, name = '', calls]) =>
      own.has(name) ? [] : [[name, Number(calls)] as const],
    ),
  );
}

const total = (calls: Map<string, number>): number =>
  [...calls.values()].reduce((a, b) => a + b, 0);

/** How many connections wait for something to read. */
const blocked = async ({ redis }: FaultApp): Promise<number> =>
  Number(/blocked_clients:(\d+)/.exec(await redis.info('clients'))?.[1]);
