import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished } from 'vitest';
import { auditRedis } from '../support/redis-audit.js';
import { eventually } from '../support/eventually.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { FaultApp, type LocalBroker } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { range } from './range.js';
import type { Fact } from './work.js';

const started = ({ what }: Fact): boolean => what === 'started';
const tasks = ['work'];
const settings = { sendTimeout: 500 };

async function serverWith(...args: readonly string[]): Promise<RedisServer> {
  const server = await startRedis({ args });
  onTestFinished(async () => await server.stop());
  return server;
}

function appOn(server: RedisServer): FaultApp {
  const app = new FaultApp(server);
  onTestFinished(async () => await app.close());
  return app;
}

const send = async ({ runtime }: LocalBroker, n: number): Promise<unknown> =>
  await runtime.sender.enqueue(range(3, n).map((each) => ({ name: 'idle', data: { n: each } })));

/** A refusal "not now", said to who sends and by the health; nothing of what was sent is there. */
async function refuses(app: FaultApp, broker: LocalBroker, reason: string): Promise<void> {
  const placed = await places(app);
  // one that was on its way when the connection was given up tells of that
  await eventually(async () => {
    await expect(send(broker, 100)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      outcome: 'not-sent',
      retryable: true,
      message: expect.stringContaining(reason) as string,
    });
  });
  expect(await broker.runtime.health()).toMatchObject({
    status: 'down',
    ready: false,
    live: true,
    reason: expect.stringContaining(reason) as string,
  });
  expect(await places(app)).toEqual(placed);
}

/** Every message with its one place. */
async function places({ redis, keys }: FaultApp): Promise<[string, readonly string[]][]> {
  const found = [...(await auditRedis(redis, keys)).places];
  expect(found.filter(([, each]) => each.length !== 1)).toEqual([]);
  return found;
}

/** Two at work, one that will fail once more; what they hold is settled when the server writes again. */
async function atWork(app: FaultApp): Promise<LocalBroker> {
  const broker = await app.start({ tasks, settings });
  await broker.runtime.sender.enqueue([
    { name: 'work', data: { n: 1, hold: true } },
    { name: 'work', data: { n: 2, hold: true, failures: 1 } },
  ]);
  await broker.facts.count(2, started);
  return broker;
}

/** All goes on by itself. */
async function recovered(app: FaultApp, broker: LocalBroker): Promise<void> {
  await eventually(async () => await send(broker, 10), { within: 10_000 });
  await eventually(() => broker.workshop.release(2), { within: 10_000 });
  await app.counted({ done: 2, retried: 1, lost: 0, stale: 0, added: 5 }, { within: 10_000 });
  await eventually(async () => {
    expect(await broker.runtime.health()).toMatchObject({ status: 'up', ready: true });
  });
  expect(await places(app)).toHaveLength(3);
  expect(broker.facts.filter(started)).toHaveLength(3);
}

describe('Redis cannot write now', () => {
  faultTest('READONLY: its server has become a replica', async ({ app }) => {
    const broker = await atWork(app);
    // of nobody who answers, so that it keeps what it has
    await app.redis.replicaof('127.0.0.1', 1);
    await refuses(app, broker, 'READONLY');
    const second = app.broker({ requests: ['ask'], settings });
    const start = second.runtime.start();
    broker.workshop.release(1);
    broker.workshop.release(2);
    await eventually(() => second.backend.link === 'up');
    await app.redis.replicaof('NO', 'ONE');
    await start;
    await recovered(app, broker);
  });

  faultTest('MISCONF: it cannot save', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'nestjs-broker-misconf-'));
    onTestFinished(async () => await rm(dir, { recursive: true, force: true }));
    const server = await startRedis({ dir, args: ['--save', '900 1'] });
    onTestFinished(async () => await server.stop());
    const app = appOn(server);
    const broker = await atWork(app);
    // a folder is in the way
    await mkdir(join(dir, 'dump.rdb', 'full'), { recursive: true });
    await app.redis.bgsave();
    await eventually(async () => /bgsave_status:err/.test(await app.redis.info('persistence')));
    await refuses(app, broker, 'MISCONF');
    broker.workshop.release(1);
    broker.workshop.release(2);
    await rmdir(join(dir, 'dump.rdb', 'full'));
    await rmdir(join(dir, 'dump.rdb'));
    await app.redis.bgsave();
    await eventually(async () => /bgsave_status:ok/.test(await app.redis.info('persistence')));
    await recovered(app, broker);
  });

  faultTest('NOREPLICAS: too few replicas', async ({ app }) => {
    const broker = await atWork(app);
    await app.redis.config('SET', 'min-replicas-to-write', '1');
    await refuses(app, broker, 'NOREPLICAS');
    broker.workshop.release(1);
    broker.workshop.release(2);
    await app.redis.config('SET', 'min-replicas-to-write', '0');
    await recovered(app, broker);
  });

  faultTest('CLUSTERDOWN: nobody has the slot of the app', async () => {
    const server = await serverWith('--cluster-enabled', 'yes');
    const redis = new Redis(server.url);
    onTestFinished(() => redis.disconnect());
    await redis.cluster('ADDSLOTSRANGE', 0, 16_383);
    await eventually(async () => /cluster_state:ok/.test(await redis.cluster('INFO')));
    const app = appOn(server);
    const broker = await atWork(app);
    const slot = await redis.cluster('KEYSLOT', app.keys.root);
    await redis.config('SET', 'cluster-require-full-coverage', 'no');
    await redis.cluster('DELSLOTS', slot);
    await expect(send(broker, 100)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      outcome: 'not-sent',
      message: expect.stringContaining('CLUSTERDOWN') as string,
    });
    expect(await broker.runtime.health()).toMatchObject({
      ready: false,
      reason: expect.stringContaining('CLUSTERDOWN') as string,
    });
    broker.workshop.release(1);
    broker.workshop.release(2);
    await redis.cluster('ADDSLOTS', slot);
    await recovered(app, broker);
  });
});

describe('Redis loads its data', () => {
  faultTest('LOADING: whoever works and whoever starts waits for it', async () => {
    // a moment for each key
    const delay = ['--key-load-delay', '50000', '--loading-process-events-interval-bytes', '1024'];
    const server = await startRedis({ args: ['--save', '900 1', ...delay] });
    onTestFinished(async () => await server.stop());
    const app = appOn(server);
    const broker = await atWork(app);
    await app.redis.save();
    await server.kill();
    const loaded = server.restart();
    await eventually(async () => {
      await expect(send(broker, 100)).rejects.toMatchObject({
        code: 'BACKEND_UNAVAILABLE',
        outcome: 'not-sent',
        message: expect.stringContaining('LOADING') as string,
      });
    });
    expect(await broker.runtime.health()).toMatchObject({
      status: 'down',
      ready: false,
      reason: expect.stringContaining('LOADING') as string,
    });
    const second = app.broker({ tasks, settings });
    const start = second.runtime.start();
    broker.workshop.release(1);
    broker.workshop.release(2);
    await loaded;
    await start;
    await eventually(async () => await send(broker, 10), { within: 10_000 });
    await app.counted({ added: 5, retried: 1, lost: 0 }, { within: 10_000 });
    await eventually(() => [broker, second].some(({ workshop }) => isReleased(workshop, 2)));
    await app.counted({ done: 2, stale: 0 });
    expect(await second.runtime.health()).toMatchObject({ status: 'up', ready: true });
  });
});

describe('a user lacks a permission', () => {
  const allow = async ({ redis }: FaultApp, ...rules: readonly string[]): Promise<unknown> =>
    await redis.call('ACL', 'SETUSER', 'modest', 'on', '>secret', '~*', '&*', '+@all', ...rules);

  faultTest('NOPERM: the error names it, and with it all goes on', async ({ app }) => {
    await allow(app);
    const broker = await app.start({ tasks, settings, as: 'modest:secret' });
    await allow(app, '-xadd');
    await expect(
      broker.runtime.sender.enqueue([{ name: 'work', data: { n: 1 } }]),
    ).rejects.toMatchObject({
      code: 'BACKEND_REFUSED',
      outcome: 'not-sent',
      retryable: false,
      message: expect.stringMatching(/can't run this command|NOPERM/) as string,
    });
    expect(await places(app)).toEqual([]);
    await allow(app, '-set');
    expect(await broker.runtime.health()).toMatchObject({
      status: 'down',
      ready: false,
      link: 'up',
      reason: expect.stringMatching(/NOPERM.*set/i) as string,
    });
    await expect(app.start({ tasks, as: 'modest:secret' })).rejects.toMatchObject({
      code: 'BACKEND_REFUSED',
      message: expect.stringContaining('channels: +set') as string,
    });
    await allow(app);
    await broker.runtime.sender.enqueue([{ name: 'work', data: { n: 2 } }]);
    await broker.facts.until(({ what, n }) => what === 'ended' && n === 2);
    await app.counted({ added: 1, done: 1 });
    expect(await broker.runtime.health()).toMatchObject({ status: 'up', ready: true });
  });
});

/** Lets a held handler go on, if it is here. */
function isReleased(workshop: LocalBroker['workshop'], n: number): boolean {
  try {
    workshop.release(n);
    return true;
  } catch {
    return false;
  }
}
