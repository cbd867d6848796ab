import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { uniqueName } from '../support/unique-name.js';
import { exercise, wholeApp, type WholeApp } from './whole-app.js';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await RedisCluster.start();
});
afterAll(async () => await cluster.stop());

const tagOf = (appName: string): string => `{broker:${appName}}:`;

/** The name of an app whose keys are on the first master, or are not. */
async function appOn(first: boolean): Promise<string> {
  for (;;) {
    const appName = uniqueName('cluster');
    if ((await cluster.isOnFirst(tagOf(appName))) === first) return appName;
  }
}

const start = async (appName: string): Promise<WholeApp> =>
  await wholeApp({ appName, redis: { cluster: cluster.some }, balancer: { heartbeatTtl: '3s' } });

/** Every kind of message works again, however long the cluster takes. */
const recovered = async (app: WholeApp, label: string): Promise<void> => {
  const tried = { n: 0 };
  await eventually(async () => await app.broker.enqueue('work', `again ${(tried.n += 1)}`), {
    within: 20_000,
  });
  await exercise(app, label);
};

describe('a cluster', () => {
  it('carries whole apps, each on the node that has its slot', async () => {
    for (const first of [true, false]) {
      const app = await start(await appOn(first));
      await exercise(app, 'cluster');
      expect(app.logger.lines[0]).toContain(' on redis+cluster://127.0.0.1:');
      const onFirst = await cluster.countOn(0, tagOf(app.appName));
      expect(onFirst > 0).toBe(first);
    }
  });

  it('is found by an own client of ioredis, which stays as it is', async () => {
    const own = new Cluster(
      cluster.some.map(({ host, port }) => `redis://${host}:${port}`),
      { lazyConnect: true, redisOptions: { username: 'default' } },
    );
    const app = await wholeApp({ redis: own });
    await exercise(app, 'own');
    expect(own.status).toBe('wait');
    expect(app.logger.lines[0]).toContain(' on redis+cluster://127.0.0.1:');
  });

  it('has sharded events', async () => {
    const options = { redis: { cluster: cluster.some }, events: { sharded: true } };
    for (const n of [1, 2, 3]) await exercise(await wholeApp(options), `sharded ${n}`);
  });

  it('confirms what is sent by the replica of the node that has the slot', async () => {
    const redis = { cluster: cluster.some };
    const durability = { replicas: 1, timeout: '200ms' };
    const app = await wholeApp({ appName: await appOn(true), redis, durability });
    await exercise(app, 'confirmed');
    const few = { ...redis, maxRetries: 1 };
    const alone = await wholeApp({ appName: await appOn(false), redis: few, durability });
    await expect(alone.broker.enqueue('work', 'alone')).rejects.toMatchObject({
      code: 'NOT_REPLICATED',
    });
  });

  it('may give the slot of an app to another node', async () => {
    const app = await start(await appOn(false));
    const tag = tagOf(app.appName);
    await exercise(app, 'before');
    const from = (await cluster.countOn(1, tag)) > 0 ? 1 : 2;
    await app.broker.enqueue('nobody', 'waits');
    await cluster.reshard(tag, from, 3 - from);
    await recovered(app, 'after');
    expect(await cluster.countOn(from, tag)).toBe(0);
    expect(await app.broker.stats()).toMatchObject({ unclaimed: 1 });
  });

  it('takes the listeners to sharded events along with the slot', async () => {
    const appName = await appOn(false);
    const options = { appName, redis: { cluster: cluster.some }, events: { sharded: true } };
    const { broker, seen } = await wholeApp(options);
    const from = (await cluster.countOn(1, tagOf(appName))) > 0 ? 1 : 2;
    await cluster.reshard(tagOf(appName), from, 3 - from);
    let n = 0;
    await eventually(
      async () => {
        await broker.publish('news', `moved ${(n += 1)}`);
        return seen.all.some((line) => line.startsWith('event moved'));
      },
      { within: 20_000, every: 50 },
    );
  });

  it('may lose the node that has the slot of an app: its replica goes on', async () => {
    const app = await start(await appOn(true));
    await exercise(app, 'before');
    await app.broker.enqueue('nobody', 'waits');
    await cluster.replicated();
    await cluster.servers[0]!.kill();
    await recovered(app, 'after');
    expect(await app.broker.stats()).toMatchObject({ unclaimed: 1 });
  });
});
