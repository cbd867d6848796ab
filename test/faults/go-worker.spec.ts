import { describe, expect } from 'vitest';
import type { TaskToSend } from '../../lib/runtime/index.js';
import { Child } from '../support/child.js';
import { eventually } from '../support/eventually.js';
import { GoPeer } from '../support/go-peer.js';
import { ask } from './ask.js';
import { TAKEOVER } from './broker.js';
import type { FaultApp, LocalBroker } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { range } from './range.js';
import { sorted } from './sorted.js';
import { type Fact, type Work, machineTime } from './work.js';

const shared = { stream: 'app_stream', group: 'app_group' };
const { stream, group } = shared;
const GO_WORKER = new URL('go.worker.ts', import.meta.url);
/** A foreign worker that has not acknowledged a message for longer than this counts as dead, ms. */
const PATIENCE = 60_000;

const started = ({ what }: Fact): boolean => what === 'started';
const work = (work: Work): TaskToSend => ({ name: 'work', data: work });

/** A Go-Broker worker that works at so many things for ever. */
async function goWorker(app: FaultApp, maxJobs: number): Promise<Child<Fact>> {
  const consumer = `go-${app.name}`;
  const input = { url: app.server.url, ...shared, consumer, maxJobs };
  const child = new Child<Fact>({ file: GO_WORKER, input });
  await child.facts.until(({ what }) => what === 'ready', { within: 20_000 });
  return child;
}

/** Makes everything the Go worker holds look as if it had held it for so long. */
async function age(app: FaultApp, idle: number): Promise<void> {
  const consumer = `go-${app.name}`;
  const held = await app.redis.xpending(stream, group, '-', '+', 1_000, consumer);
  const ids = (held as [string][]).map(([id]) => id);
  const options = ['IDLE', idle, 'JUSTID'] as const;
  await app.redis.call('XCLAIM', stream, group, consumer, 0, ...ids, ...options);
}

const counters = async ({ backend }: LocalBroker) => (await backend.inspector.stats()).counters;

describe('a Go-Broker worker of the same group', () => {
  faultTest('is killed: what it held is taken over, once it is old', async ({ app }) => {
    const victim = await goWorker(app, 10);
    const ours = app.broker({ shared, tasks: ['work'], requests: ['ask'] });
    await ours.runtime.connect();
    const peer = new GoPeer({ url: app.server.url, ...shared });
    await ours.runtime.sender.enqueue([0, 1, 2].map((n) => work({ n })));
    await peer.enqueue('work', { n: 3 });
    const foreign = peer.request('ask', { n: 4 }).catch((error: Error) => error.message);
    const own = ask(ours.runtime.sender, { name: 'ask', data: { n: 5 } }).catch(
      (error: Error) => error,
    );
    await victim.facts.count(6, started);
    await victim.kill();
    await ours.runtime.start();

    // one that lives and takes its time looks the same
    expect(await ours.backend.queue.reclaim(5)).toBe(0);
    await age(app, PATIENCE + 1_000);
    expect(await ours.backend.queue.reclaim(5)).toBe(6);

    const again = await ours.facts.count(4, started);
    expect(sorted(again.map(({ n }) => n))).toEqual([0, 1, 2, 3]);
    expect(await foreign).toMatch(/was lost before it answered/);
    expect(await own).toMatchObject({ code: 'SERVER_LOST' });
    await eventually(async () => (await app.redis.xlen(stream)) === 0);
    expect(await counters(ours)).toMatchObject({ done: 4, lost: 6, dead: 0 });
    await peer.close();
  });

  faultTest('lost with it too often, a task becomes a dead letter', async ({ app }) => {
    const ours = app.broker({ shared });
    await ours.runtime.connect();
    await ours.runtime.sender.enqueue([work({ n: 0 })]);
    for (const round of range(3)) {
      const victim = await goWorker(app, 1);
      await victim.facts.until(started);
      await victim.kill();
      await age(app, PATIENCE + 1_000);
      expect(await ours.backend.queue.reclaim(3)).toBe(1);
      const letters = await ours.backend.deadLetters.list({ count: 10 });
      expect(letters.length).toBe(round === 2 ? 1 : 0);
      expect(await app.redis.xlen(stream)).toBe(round === 2 ? 0 : 1);
    }
    const [letter] = await ours.backend.deadLetters.list({ count: 10 });
    expect(letter).toMatchObject({ reason: 'lost', envelope: { lost: 3 } });
  });

  faultTest('leaves what it has acknowledged: only that is trimmed', async ({ app }) => {
    const { redis } = app;
    const ours = app.broker({ shared });
    await ours.runtime.connect();
    await ours.runtime.sender.enqueue(
      range(300)
        .map((n) => work({ n }))
        .slice(0, 256),
    );
    await ours.runtime.sender.enqueue(range(144).map((n) => work({ n })));
    const read = ['GROUP', group, 'go', 'COUNT', 300, 'STREAMS', stream, '>'] as const;
    const [[, entries]] = (await redis.call('XREADGROUP', ...read)) as [[string, [string][]]];
    const ids = entries.map(([id]) => id);
    // every tenth is still in its hands
    const acked = ids.filter((_, i) => i % 10 !== 0);
    await redis.xack(stream, group, ...acked);

    await ours.backend.queue.reclaim(5);

    const left = (await redis.xrange(stream, '-', '+')).map(([id]) => id);
    expect(left).toHaveLength(30 + 100);
    expect(left.filter((id) => ids.includes(id))).toEqual(ids.filter((_, i) => i % 10 === 0));

    // another group has seen only half of what is left, and holds one of them
    await redis.xgroup('CREATE', stream, 'others', '0');
    const other = ['GROUP', 'others', 'o', 'COUNT', 15, 'STREAMS', stream, '>'] as const;
    await redis.call('XREADGROUP', ...other);
    await redis.xack(stream, 'others', ...left.slice(1, 15));
    await redis.xack(stream, group, ...left.slice(0, 30));
    await ours.backend.queue.reclaim(5);
    const now = (await redis.xrange(stream, '-', '+')).map(([id]) => id);
    expect(now).toEqual([left[0], ...left.slice(15)]);
  });

  faultTest('made the group at the end: what it passed over stays', async ({ app }) => {
    const { redis } = app;
    const passed = await redis.xadd(stream, '*', 'type', 'task', 'name', 'work', 'payload', '1');
    await redis.xgroup('CREATE', stream, group, '$');
    const ours = await app.start({ shared, tasks: ['work'] });
    await ours.runtime.sender.enqueue([work({ n: 1 })]);
    await ours.facts.until(started);
    await eventually(async () => (await counters(ours)).done === 1);
    await ours.backend.queue.reclaim(5);
    expect((await redis.xrange(stream, '-', '+')).map(([id]) => id)).toEqual([passed]);
  });
});

describe('on a stream shared with Go-Broker', () => {
  const tasks = ['work'];

  faultTest('a consumer of ours is killed: what it held goes to others', async ({ app }) => {
    const victim = await app.spawn({ shared, tasks, settings: { maxJobs: 3 } });
    const sender = app.broker({ shared });
    await sender.runtime.connect();
    await sender.runtime.sender.enqueue([0, 1, 2, 3].map((n) => work({ n, hold: n < 3 })));
    await victim.facts.count(3, started);
    const heir = await app.start({ shared, tasks });
    const death = machineTime();
    await victim.kill();
    const again = await heir.facts.count(4, started, { within: TAKEOVER * 2 });
    expect(Math.max(...again.map(({ at }) => at)) - death).toBeLessThan(TAKEOVER);
    expect(sorted(again.map(({ n }) => n))).toEqual([0, 1, 2, 3]);
    for (const n of [0, 1, 2]) heir.workshop.release(n);
    await eventually(async () => (await counters(heir)).done === 4);
    expect(await counters(heir)).toMatchObject({ lost: 3, dead: 0, stale: 0 });
  });

  faultTest('everything is flushed: work goes on', async ({ app }) => {
    const ours = await app.start({ shared, tasks, requests: ['ask'] });
    await ours.runtime.sender.enqueue([work({ n: 0 })]);
    await ours.facts.count(1, started);
    await app.redis.flushall();
    await ours.runtime.sender.enqueue([work({ n: 1 })]);
    await ours.facts.count(2, started, { within: 15_000 });
    const peer = new GoPeer({ url: app.server.url, ...shared });
    await peer.enqueue('work', { n: 2 });
    await ours.facts.count(3, started, { within: 15_000 });
    await app.redis.xgroup('DESTROY', stream, group);
    await peer.enqueue('work', { n: 3 });
    await ours.facts.count(4, started, { within: 15_000 });
    await peer.close();
  });

  faultTest('nothing is lost when a read breaks', async ({ app }) => {
    const proxy = await app.proxy();
    const ours = await app.start({ shared, tasks, through: proxy });
    const sender = app.broker({ shared });
    await sender.runtime.connect();
    const lost = proxy.loseReply('XREADGROUP');
    await sender.runtime.sender.enqueue([0, 1, 2].map((n) => work({ n })));
    await lost;
    const again = await ours.facts.count(3, started, { within: 15_000 });
    expect(sorted(again.map(({ n }) => n))).toEqual([0, 1, 2]);
    await eventually(async () => (await counters(ours)).done === 3);
  });

  faultTest('who leaves in peace loses nothing and runs nothing twice', async ({ app }) => {
    const all = range(200);
    const sender = app.broker({ shared });
    await sender.runtime.connect();
    const brokers = [await app.start({ shared, tasks, requests: ['ask'] })];
    await sender.runtime.sender.enqueue(all.map((n) => work({ n, ms: 2 })));
    const questions = range(20).map(
      async (n) => await ask(sender.runtime.sender, { name: 'ask', data: { n } }),
    );
    // one comes, one goes
    for (const round of range(3)) {
      brokers.push(await app.start({ shared, tasks, requests: ['ask'] }));
      await brokers[round]!.runtime.close();
    }
    expect(await Promise.all(questions)).toEqual(range(20).map((n) => ({ n })));
    await eventually(async () => (await counters(brokers[3]!)).done === 220);
    const runs = brokers.flatMap(({ facts }) =>
      facts.filter(({ what, name }) => what === 'started' && name === 'work'),
    );
    expect(sorted(runs.map(({ n }) => n))).toEqual(all);
    expect(await counters(brokers[3]!)).toMatchObject({ lost: 0, dead: 0, stale: 0 });
    expect(await app.redis.xlen(stream)).toBe(0);
  });
});
