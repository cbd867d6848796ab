import { Redis } from 'ioredis';
import { RedisBackend } from '../../lib/backend/redis/index.js';
import { AppKeys } from '../../lib/backend/redis/keys.js';
import { eventually } from './eventually.js';
import { auditRedis } from './redis-audit.js';
import { sharedRedis } from './redis-server.js';
import type { ConnectOptions, Site } from './site.js';
import { uniqueName } from './unique-name.js';

/** Longer than a message takes on its way, milliseconds. */
const CALM = 20;

export async function createRedisSite(): Promise<Site> {
  const app = { prefix: 'test', appName: uniqueName('app') };
  const { url } = sharedRedis();
  const keys = new AppKeys(app.prefix, app.appName);
  const redis = new Redis(url);
  const clients: RedisBackend[] = [];
  const now = async (): Promise<number> => {
    const [seconds, micros] = await redis.time();
    return Number(seconds) * 1000 + Number(micros) / 1000;
  };
  return {
    async connect(options: ConnectOptions = {}) {
      const client = new RedisBackend({ ...app, redis: { url }, overflow: 'reject', ...options });
      clients.push(client);
      await client.connect();
      return client;
    },
    async passTime(ms) {
      const end = (await now()) + ms;
      await eventually(async () => (await now()) > end, { within: ms + 5_000, every: 2 });
    },
    async calm() {
      await new Promise((resolve) => setTimeout(resolve, CALM));
      await redis.ping();
    },
    audit: () => auditRedis(redis, keys),
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await removeKeys(redis, keys.root);
      redis.disconnect();
    },
  };
}

async function removeKeys(redis: Redis, root: string): Promise<void> {
  let cursor = '0';
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', `${root}*`, 'COUNT', 1000);
    cursor = next;
    if (found.length > 0) await redis.unlink(...found);
  } while (cursor !== '0');
}
