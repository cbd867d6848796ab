import type { Redis } from 'ioredis';
import { RedisBackend } from '../../../lib/backend/redis/index.js';
import { jsonCodec } from '../../../lib/codec/index.js';
import { resolveOptions } from '../../../lib/config/index.js';
import { UnrecoverableError } from '../../../lib/errors/index.js';
import {
  type Handler,
  type Runtime,
  type TaskOptions,
  createRuntime,
} from '../../../lib/runtime/index.js';
import type { Study, StudyOptions } from './study.js';

const COUNT = 10_000;
const BATCH = 200;
/** Bytes of JSON, the quotes included. */
const SIZES = [200, 1_024];
const NAME = 'orders.pay';
const KEYS = 100;
const HOUR = 3_600_000;

interface Case {
  readonly label: string;
  /** Leaves `count` messages of this payload in Redis. */
  readonly fill: (open: () => Runtime, payload: string, count: number) => Promise<void>;
}

const tasks =
  (options: (n: number) => TaskOptions | undefined): Case['fill'] =>
  async (open, payload, count) =>
    await send(open(), payload, count, options);

const CASES: readonly Case[] = [
  { label: 'task that waits', fill: tasks(() => undefined) },
  { label: '… with a `dedupeId`', fill: tasks((n) => ({ dedupeId: `order-${n}` })) },
  { label: '… behind its key', fill: tasks((n) => ({ key: `customer-${n % KEYS}` })) },
  { label: '… until it is due', fill: tasks(() => ({ delay: HOUR })) },
  { label: 'dead letter, with its stack', fill: bury },
  { label: 'durable event: one subscription, and the log', fill: keep },
];

/** What a message that waits costs Redis: its memory with and without them, by `MEMORY STATS`. */
export const memory: Study = {
  name: 'memory',
  async run(options) {
    const rows: string[] = [];
    for (const { label, fill } of CASES) {
      const figures: string[] = [];
      for (const size of SIZES) figures.push(String(await measure(options, fill, size)));
      rows.push([label, ...figures].join(' | '));
    }
    const head = ['Bytes of Redis', ...SIZES.map((size) => `payload of ${size} B`)].join(' | ');
    return [head, '--- | ---: | ---:', ...rows].map((row) => `| ${row} |`).join('\n');
  },
};

async function measure(options: StudyOptions, fill: Case['fill'], size: number): Promise<number> {
  const { redis, host, port, scale } = options;
  const count = Math.ceil((COUNT * scale) / BATCH) * BATCH;
  const opened: Runtime[] = [];
  const open = (): Runtime => {
    const { settings } = resolveOptions({ appName: 'memory' }, {});
    const log = { log: () => undefined, warn: () => undefined, error: () => undefined };
    const backend = new RedisBackend({ prefix: 'bench', appName: 'memory', redis: { host, port } });
    const runtime = createRuntime({ backend, settings, codec: jsonCodec, log });
    opened.push(runtime);
    return runtime;
  };
  await redis.flushall();
  const before = await usedMemory(redis);
  await fill(open, 'x'.repeat(size - 2), count);
  await Promise.all(opened.map(async (runtime) => await runtime.close()));
  const after = await usedMemory(redis);
  await redis.flushall();
  return Math.round((after - before) / count);
}

/** Everything but what connections take: keys, too, which Redis does not count as data. */
async function usedMemory(redis: Redis): Promise<number> {
  const stats = (await redis.call('MEMORY', 'STATS')) as (string | number)[];
  const of = (name: string): number => Number(stats[stats.indexOf(name) + 1]);
  return of('total.allocated') - of('clients.normal');
}

async function send(
  runtime: Runtime,
  data: string,
  count: number,
  options: (n: number) => TaskOptions | undefined,
): Promise<void> {
  await runtime.connect();
  for (let n = 0; n < count; n += BATCH) {
    await runtime.sender.enqueue(
      Array.from({ length: BATCH }, (_, i) => {
        const chosen = options(n + i);
        return { name: NAME, data, ...(chosen === undefined ? {} : { options: chosen }) };
      }),
    );
  }
}

async function bury(open: () => Runtime, payload: string, count: number): Promise<void> {
  let left = count;
  await handled(open, {
    kind: 'task',
    name: NAME,
    invoke() {
      left -= 1;
      throw new UnrecoverableError('there is nothing to pay');
    },
  });
  const sender = open();
  await send(sender, payload, count, () => undefined);
  while ((await sender.stats()).deadLetters < count || left > 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function keep(open: () => Runtime, data: string, count: number): Promise<void> {
  const subscriber = await handled(open, {
    kind: 'event',
    name: NAME,
    durable: { from: 'new', subscription: '' },
    invoke: () => undefined,
  });
  await subscriber.close();
  const publisher = open();
  await publisher.connect();
  for (let n = 0; n < count; n += BATCH) {
    await Promise.all(
      Array.from({ length: BATCH }, async () => await publisher.sender.publish(NAME, data)),
    );
  }
}

async function handled(open: () => Runtime, handler: Handler): Promise<Runtime> {
  const runtime = open();
  runtime.handle(handler);
  await runtime.start();
  return runtime;
}
