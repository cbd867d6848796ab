import { test } from 'vitest';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { FaultApp } from './fault-app.js';

interface Fixtures {
  /** A Redis of the test's own, that keeps nothing. */
  readonly server: RedisServer;
  readonly app: FaultApp;
}

/** A test with a Redis of its own. */
export const faultTest = test.extend<Fixtures>({
  // oxlint-disable-next-line eslint/no-empty-pattern -- the shape vitest asks for
  server: async ({}, use) => {
    const server = await startRedis();
    await use(server);
    await server.stop();
  },
  app: async ({ server }, use) => {
    const app = new FaultApp(server);
    await use(app);
    await app.close();
  },
});

/** The same with a Redis that keeps in a file whatever it has acknowledged. */
export const durableFaultTest = faultTest.extend<Pick<Fixtures, 'server'>>({
  // oxlint-disable-next-line eslint/no-empty-pattern -- the shape vitest asks for
  server: async ({}, use) => {
    const server = await startRedis({ appendonly: true, args: ['--appendfsync', 'always'] });
    await use(server);
    await server.stop();
  },
});
