import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { codeBlocks } from '../support/markdown.js';
import { freePort, startRedis, type RedisServer } from '../support/redis-server.js';
import { testClient } from '../support/test-app.js';
import { exercise, wholeApp } from './whole-app.js';

async function serverWith(...args: readonly string[]): Promise<RedisServer> {
  const server = await startRedis({ args });
  onTestFinished(async () => await server.stop());
  return server;
}

function clientOf(server: RedisServer): Redis {
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

describe('TLS', () => {
  const file = (name: string): string =>
    fileURLToPath(new URL(`../support/tls/${name}.pem`, import.meta.url));
  const ca = readFileSync(file('cert'), 'utf8');

  async function tlsPort(): Promise<number> {
    const port = await freePort();
    const files = ['--tls-cert-file', file('cert'), '--tls-key-file', file('key')];
    const args = ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'];
    await serverWith(...args);
    return port;
  }

  it('carries a whole app, by settings and by a URL', async () => {
    const port = await tlsPort();
    const app = await wholeApp({ redis: { host: '127.0.0.1', port, tls: { ca } } });
    await exercise(app, 'settings');
    const url = `rediss://127.0.0.1:${port}`;
    await exercise(await wholeApp({ redis: { url, tls: { ca } } }), 'url');
    expect(app.logger.lines[0]).toContain(`on rediss://127.0.0.1:${port}/0: `);
  });

  it('trusts nobody whom it does not know', async () => {
    const client = testClient({
      mode: 'redis',
      redis: { url: `rediss://127.0.0.1:${await tlsPort()}` },
    });
    await expect(client.enqueue('work')).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringMatching(/self.signed certificate/) as string,
    });
  });
});

describe('a Unix socket', () => {
  it('carries a whole app, by settings and by a URL, and over a restart', async () => {
    const path = `/tmp/nestjs-broker-${process.pid}.sock`;
    const server = await serverWith('--unixsocket', path, '--unixsocketperm', '700');
    const app = await wholeApp({ redis: { path, db: 1 } });
    await exercise(app, 'settings');
    expect(app.logger.lines[0]).toContain(`on unix://${path}?db=1: `);
    await exercise(await wholeApp({ redis: { url: `unix://${path}?db=2` } }), 'url');
    await server.restart();
    await exercise(app, 'restarted');
  });
});

describe('a user', () => {
  const [block] = codeBlocks(
    readFileSync(new URL('../../README.md', import.meta.url), 'utf8'),
  ).filter(({ words }) => words[0] === 'acl');
  const rules = (block?.code ?? '').trim().split(/\s+/);

  it('with the permissions of the README can run a whole app, and no more', async () => {
    const server = await serverWith();
    const admin = clientOf(server);
    // its second word is the name, and a password stands in the place of the one there
    const [, , ...allowed] = rules.map((rule) => (rule.startsWith('>') ? '>secret' : rule));
    await admin.call('ACL', 'SETUSER', 'shop', 'reset', ...allowed);
    const redis = { host: server.host, port: server.port, username: 'shop', password: 'secret' };
    const turns = { redis: { ...redis, db: 1 } };
    const two = [
      await wholeApp({
        redis,
        balancer: { strategy: 'weighted', heartbeatTtl: '300ms', redis: turns.redis },
      }),
      await wholeApp({ redis, balancer: { strategy: 'least_conn', cleanupInterval: '100ms' } }),
    ];
    for (const app of two) await exercise(app, 'allowed');
    const log = (await admin.call('ACL', 'LOG')) as unknown[];
    // a name for people, which Redis 7.2 knows and 7.0 cannot allow
    expect(log.filter((entry) => !String(entry).includes('client|setinfo'))).toEqual([]);
    const user = new Redis(redis);
    onTestFinished(() => user.disconnect());
    await expect(user.set('elsewhere', 1)).rejects.toThrow('NOPERM');
    await expect(user.flushall()).rejects.toThrow('NOPERM');
    await expect(user.keys('*')).rejects.toThrow('NOPERM');
    await expect(user.config('GET', '*')).rejects.toThrow('NOPERM');
  });

  it('who is unknown is refused at once, and no password is told', async () => {
    const { host, port } = await serverWith();
    const redis = { host, port, username: 'nobody', password: 'hunter2' };
    const refused: unknown = await wholeApp({ redis }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'BACKEND_REFUSED' });
    expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });
});

describe('an own client of ioredis', () => {
  it('is a template: duplicated with safe settings, never used, never closed', async () => {
    const server = await serverWith('--requirepass', 'secret');
    const own = new Redis({
      host: server.host,
      port: server.port,
      password: 'secret',
      db: 3,
      lazyConnect: true,
      keyPrefix: 'mine:',
      stringNumbers: true,
      enableAutoPipelining: true,
      maxRetriesPerRequest: null,
      commandTimeout: 100,
    });
    onTestFinished(() => own.disconnect());
    const app = await wholeApp({ redis: own });
    await exercise(app, 'own');
    expect(app.logger.lines[0]).toContain(`on redis://${server.host}:${server.port}/3: `);
    expect(own.status).toBe('wait');
    await own.connect();
    expect(await own.dbsize()).not.toEqual('0');
    expect(await own.keys('mine:*')).toEqual([]);
    await server.restart();
    await exercise(app, 'restarted');
  });
});
