import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RedisBackend } from '../../lib/backend/redis/index.js';
import { AppKeys } from '../../lib/backend/redis/keys.js';
import { jsonCodec } from '../../lib/codec/index.js';
import { createRuntime, type EventHandler, type Runtime } from '../../lib/runtime/index.js';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { uniqueName } from '../support/unique-name.js';
import { toSettings } from './broker.js';
import { range } from './range.js';

/** Brokers on one Redis that handle events and tasks, closed with the test. */
class ShardedApp {
  readonly name = uniqueName('app');
  readonly keys = new AppKeys('test', this.name, true);
  readonly seen = new Recorder<string>();
  readonly redis: Redis;

  constructor(readonly url: string) {
    this.redis = new Redis(url);
    onTestFinished(() => this.redis.disconnect());
  }

  /** @param names of the events it handles, and of a task `work` */
  broker(sharded: boolean, ...names: readonly string[]): Runtime {
    const { name: appName, url } = this;
    const backend = new RedisBackend({ prefix: 'test', appName, redis: { url }, sharded });
    const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };
    const settings = toSettings();
    const runtime = createRuntime({ backend, settings, codec: jsonCodec, log: quiet });
    onTestFinished(async () => await runtime.close());
    const note: EventHandler['invoke'] = (input, { name }) =>
      this.seen.record(`${name} ${String(input)}`);
    for (const name of names) runtime.handle({ kind: 'event', name, invoke: note });
    if (names.length > 0) runtime.handle({ kind: 'task', name: 'work', invoke: note });
    return runtime;
  }

  async start(sharded: boolean, ...names: readonly string[]): Promise<Runtime> {
    const runtime = this.broker(sharded, ...names);
    await runtime.start();
    return runtime;
  }

  async backend(): Promise<RedisBackend> {
    const { name: appName, url } = this;
    const backend = new RedisBackend({ prefix: 'test', appName, redis: { url }, sharded: true });
    onTestFinished(async () => await backend.close());
    await backend.connect();
    return backend;
  }

  /** Another one, that answers the request `ask`. */
  async answering(): Promise<void> {
    const runtime = this.broker(true);
    runtime.handle({
      kind: 'request',
      name: 'ask',
      invoke: (input, _, next) => next(`answer ${String(input)}`),
    });
    await runtime.start();
  }

  /** Sharded channels of its events that somebody listens to. */
  async events(): Promise<string[]> {
    const found = (await this.redis.call('PUBSUB', 'SHARDCHANNELS')) as string[];
    return found.filter((name) => name.startsWith(this.keys.channel('event'))).toSorted();
  }
}

const ask = async (
  { sender }: Runtime,
  data: unknown,
  mode: 'reliable' | 'fast' = 'fast',
): Promise<unknown> =>
  await new Promise((resolve, reject) => {
    const observer = { next: resolve, error: reject, complete: () => undefined };
    sender.request('ask', data, { mode }, observer);
  });

/** A server that is the whole of a cluster. */
async function startCluster(): Promise<string> {
  const server = await startRedis({ args: ['--cluster-enabled', 'yes'] });
  onTestFinished(async () => await server.stop());
  const redis = new Redis(server.url);
  await redis.cluster('ADDSLOTSRANGE', 0, 16_383);
  await eventually(async () => (await redis.cluster('INFO')).includes('cluster_state:ok'));
  redis.disconnect();
  return server.url;
}

const OLD = 'Redis knows no sharded Pub/Sub before 7';

describe('sharded events', () => {
  let server: RedisServer;
  let isOld: boolean;

  beforeAll(async () => {
    server = await startRedis();
    const redis = new Redis(server.url);
    isOld = Number(/redis_version:(\d+)/.exec(await redis.info('server'))?.[1]) < 7;
    redis.disconnect();
  });
  afterAll(async () => await server.stop());

  it('reach every instance by the shard of the app', async ({ skip }) => {
    skip(isOld, OLD);
    const app = new ShardedApp(server.url);
    const sender = await app.start(true, 'a', 'b');
    await app.start(true, 'a');
    expect(await app.events()).toEqual([
      app.keys.channel('event', 'a'),
      app.keys.channel('event', 'b'),
    ]);
    const plain = (await app.redis.call('PUBSUB', 'CHANNELS')) as string[];
    expect(plain.filter((name) => name.includes(':ev:'))).toEqual([]);
    await Promise.all(range(50).map((n) => sender.sender.publish('a', n)));
    await sender.sender.publish('b', 'end');
    const all = await app.seen.count(101);
    for (const n of range(50)) expect(all.filter((each) => each === `a ${n}`)).toHaveLength(2);
    expect(all.filter((each) => each === 'b end')).toHaveLength(1);
  });

  it('can be sent by scripts of the app', async ({ skip }) => {
    skip(isOld, OLD);
    const app = new ShardedApp(server.url);
    await app.start(true, 'a');
    const heard = new Recorder<string>();
    const other = await app.backend();
    const channel = other.bus.channel('event', 'raw');
    const stop = await other.bus.subscribe(channel, (message) => heard.record(message.toString()));
    const script = `return redis.call('SPUBLISH', ARGV[1], 'from a script')`;
    expect(await app.redis.eval(script, 1, app.keys.root, channel)).toBe(1);
    expect(await heard.next()).toBe('from a script');
    stop();
    await eventually(async () => !(await app.events()).includes(channel));
  });

  it('are restored after an interruption, which is told', async ({ skip }) => {
    skip(isOld, OLD);
    const app = new ShardedApp(server.url);
    const runtime = await app.start(true, 'a', 'b');
    const gaps = new Recorder<unknown>();
    runtime.on('gap', gaps.record);
    expect(await app.redis.client('KILL', 'TYPE', 'pubsub')).toBe(1);
    await gaps.next();
    await runtime.sender.publish('a', 1);
    await runtime.sender.publish('b', 2);
    expect(await app.seen.count(2)).toEqual(['a 1', 'b 2']);
    expect(gaps.all).toHaveLength(1);
  });

  it('end alone: replies that come over the same connection go on', async ({ skip }) => {
    skip(isOld, OLD);
    const app = new ShardedApp(server.url);
    const runtime = await app.start(true, 'a');
    await app.answering();
    expect(await ask(runtime, 1)).toBe('answer 1');
    await runtime.drain();
    await eventually(async () => (await app.events()).length === 0);
    expect(await ask(runtime, 2)).toBe('answer 2');

    const { bus } = await app.backend();
    const heard = new Recorder<string>();
    await bus.subscribe(bus.channel('event', 'b'), (message) => heard.record(message.toString()));
    const stop = await bus.subscribe(bus.channel('reply', 'b'), () => undefined);
    stop();
    await bus.publish(bus.channel('event', 'b'), Buffer.from('1'), 5_000);
    expect(await heard.next()).toBe('1');
  });

  it('know no wildcards: the start is refused', async ({ skip }) => {
    skip(isOld, OLD);
    const app = new ShardedApp(server.url);
    await expect(app.start(true, 'a', 'b.*')).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(/"b\.\*" has a wildcard.*events\.sharded/) as string,
    });
    // what was begun is undone
    await eventually(async () => (await app.events()).length === 0);
  });

  it('need a server that knows them', async () => {
    const older = await startRedis({ args: ['--rename-command', 'SPUBLISH', ''] });
    onTestFinished(async () => await older.stop());
    const app = new ShardedApp(older.url);
    await expect(app.start(true, 'a')).rejects.toMatchObject({
      code: 'BACKEND_REFUSED',
      message: expect.stringContaining('events.sharded needs Redis 7.0 or later') as string,
    });
    await app.start(false, 'a');
  });

  it('and others do not mix in an app', async ({ skip }) => {
    skip(isOld, OLD);
    const app = new ShardedApp(server.url);
    const sharded = await app.start(true, 'a');
    for (const other of [app.broker(false, 'a'), app.broker(false)]) {
      await expect(other.connect()).rejects.toMatchObject({
        code: 'INVALID_CONFIG',
        message: expect.stringContaining('events.sharded is not set, but') as string,
      });
    }
    // once nobody listens that way, the others can come
    await sharded.close();
    await eventually(async () => (await app.events()).length === 0);
    const plain = await app.start(false, 'a');
    expect(await app.redis.exists(app.keys.key('sharded'))).toBe(0);
    await expect(app.start(true, 'a')).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('events.sharded is set, but') as string,
    });
    await plain.sender.publish('a', 1);
    expect(await app.seen.next()).toBe('a 1');
    // an app of its own is not concerned
    await new ShardedApp(server.url).start(true, 'a');
  });

  it('and tasks and requests work on a server in cluster mode', async ({ skip }) => {
    skip(isOld, OLD);
    const app = new ShardedApp(await startCluster());
    const runtime = await app.start(true, 'a', 'b');
    await app.answering();
    await runtime.sender.publish('a', 1);
    await runtime.sender.publish('b', 2);
    await runtime.sender.enqueue([{ name: 'work', data: 3 }]);
    expect([...(await app.seen.count(3))].toSorted()).toEqual(['a 1', 'b 2', 'work 3']);
    for (const mode of ['reliable', 'fast'] as const) {
      expect(await ask(runtime, mode, mode)).toBe(`answer ${mode}`);
    }
  });
});
