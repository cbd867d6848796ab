import type { Redis } from 'ioredis';

/** What the Redis process did in one run. */
export interface RedisUsage {
  /** Processor time, in ms. */
  readonly cpu: number;
  /** Commands with their calls and the µs they took; those inside a script count twice, as in the script. */
  readonly commands: readonly {
    readonly name: string;
    readonly calls: number;
    readonly usec: number;
  }[];
}

/** Begins a measurement; the returned function ends it. */
export async function watchRedis(redis: Redis): Promise<() => Promise<RedisUsage>> {
  await redis.config('RESETSTAT');
  const before = await cpu(redis);
  return async () => ({ cpu: (await cpu(redis)) - before, commands: await commands(redis) });
}

async function cpu(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const of = (field: string): number =>
    Number(new RegExp(`^${field}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
  return (of('used_cpu_user') + of('used_cpu_sys')) * 1_000;
}

async function commands(redis: Redis): Promise<RedisUsage['commands']> {
  const info = await redis.info('commandstats');
  const lines = info.matchAll(/^cmdstat_(\S+?):calls=(\d+),usec=(\d+)/gm);
  return [...lines]
    .map(([, name = '', calls, usec]) => ({ name, calls: Number(calls), usec: Number(usec) }))
    .toSorted((a, b) => b.usec - a.usec);
}
