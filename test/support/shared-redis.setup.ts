import { SHARED_REDIS, startRedis } from './redis-server.js';

let stop = async (): Promise<void> => {};

/**
 * Global set-up of the vitest projects that use `sharedRedis()`: the Redis that `REDIS_URL` names, else
 * a server of its own. Several projects in one run share one: the first sets it up for all.
 */
export async function setup(): Promise<void> {
  if (process.env[SHARED_REDIS] !== undefined) {
    return;
  }
  if (process.env['REDIS_URL'] !== undefined) {
    process.env[SHARED_REDIS] = process.env['REDIS_URL'];
    return;
  }
  const server = await startRedis();
  process.env[SHARED_REDIS] = server.url;
  stop = () => server.stop();
}

export const teardown = (): Promise<void> => stop();
