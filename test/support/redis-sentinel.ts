import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { startRedis, type RedisServer } from './redis-server.js';

/** A master and its replica, watched by one Sentinel of the caller's own. */
export interface SentinelSite {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly sentinel: RedisServer;
  /** Resolves when the replica has all that the master has. */
  replicated(): Promise<void>;
  stop(): Promise<void>;
}

/** @param password of master and replica; that of the Sentinel is `sentinel` */
export async function startSentinel(name: string, password: string): Promise<SentinelSite> {
  const secret = ['--requirepass', password, '--masterauth', password];
  const master = await startRedis({ args: secret });
  const { host, port } = master;
  const replica = await startRedis({ args: [...secret, '--replicaof', `${host} ${port}`] });
  const dir = await mkdtemp(join(tmpdir(), 'nestjs-broker-sentinel-'));
  const config = join(dir, 'sentinel.conf');
  const lines = [
    'requirepass sentinel',
    `sentinel monitor ${name} ${host} ${port} 1`,
    `sentinel auth-pass ${name} ${password}`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 3000`,
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const sentinel = await startRedis({ dir, config, args: ['--sentinel'] });
  const clients = [master, replica].map((server) => new Redis(server.url, { password }));
  for (const client of clients) client.on('error', () => undefined);
  const watch = new Redis(sentinel.url, { password: 'sentinel' });
  await eventually(
    async () => {
      const replicas = (await watch.call('SENTINEL', 'REPLICAS', name)) as unknown[];
      return replicas.length === 1;
    },
    { within: 20_000, every: 50 },
  );
  watch.disconnect();
  const offsets = async (): Promise<string[]> =>
    await Promise.all(
      clients.map(async (client, i) => {
        const field = i === 0 ? 'master_repl_offset' : 'slave_repl_offset';
        const info = await client.info('replication');
        return new RegExp(`${field}:(\\d+)`).exec(info)?.[1] ?? `no ${field}`;
      }),
    );
  return {
    master,
    replica,
    sentinel,
    async replicated() {
      await eventually(async () => {
        const [ahead, behind] = await offsets();
        return ahead === behind;
      });
    },
    async stop() {
      for (const client of clients) client.disconnect();
      await Promise.all([sentinel, replica, master].map(async (server) => await server.stop()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}
