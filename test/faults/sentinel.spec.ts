import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startSentinel, type SentinelSite } from '../support/redis-sentinel.js';
import { testClient } from '../support/test-app.js';
import { exercise, wholeApp } from './whole-app.js';

async function site(): Promise<SentinelSite> {
  const started = await startSentinel('shop', 'secret');
  onTestFinished(async () => await started.stop());
  return started;
}

const nodesOf = ({ sentinel: { host, port } }: SentinelSite) => [
  // one that does not answer comes first
  { host, port: 1 },
  { host, port },
];

describe('Sentinel', () => {
  it('says where the master is, and where the next one is', async () => {
    const place = await site();
    const sentinels = nodesOf(place);
    const login = { password: 'secret', sentinelPassword: 'sentinel' };
    const redis = { sentinels, name: 'shop', ...login };
    const app = await wholeApp({ redis });
    await exercise(app, 'before');
    await exercise(await wholeApp({ redis, durability: { replicas: 1 } }), 'confirmed');
    const { host, port } = place.sentinel;
    expect(app.logger.lines[0]).toContain(`on redis+sentinel://${host}:1,${host}:${port}/shop/0: `);

    await app.broker.enqueue('nobody', 'waits');
    await place.replicated();
    await place.master.kill();
    let tries = 0;
    await eventually(async () => await app.broker.enqueue('work', `again ${(tries += 1)}`), {
      within: 30_000,
    });
    await exercise(app, 'after');
    expect(await app.broker.stats()).toMatchObject({ unclaimed: 1 });
    const { url } = place.replica;
    const promoted = new Redis(url, { password: 'secret' });
    onTestFinished(() => promoted.disconnect());
    expect(await promoted.role()).toContain('master');
  });

  it('stands behind an own client, too', async () => {
    const sentinels = nodesOf(await site());
    const own = new Redis({
      sentinels,
      name: 'shop',
      password: 'secret',
      sentinelPassword: 'sentinel',
      lazyConnect: true,
    });
    onTestFinished(() => own.disconnect());
    await exercise(await wholeApp({ redis: own }), 'own');
    expect(own.status).toBe('wait');
  });

  it('can be away: a call ends in time, and so does the end', async () => {
    const redis = { sentinels: [{ host: '127.0.0.1', port: 1 }], name: 'shop' };
    const client = testClient({ mode: 'redis', redis });
    await expect(client.enqueue('work')).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    await client.close();
  });
});
