import { STRATEGIES, type StrategyName } from '../../../lib/balancer/index.js';
import type { Reader } from '../../../lib/backend/index.js';
import { RedisBackend } from '../../../lib/backend/redis/index.js';
import { jsonCodec } from '../../../lib/codec/index.js';
import { resolveOptions } from '../../../lib/config/index.js';
import { createRuntime, type Sender } from '../../../lib/runtime/index.js';
import { uniqueName } from '../../support/unique-name.js';
import { median } from '../median.js';
import { watchRedis } from '../redis-usage.js';
import { type Study, type StudyOptions, verdict } from './study.js';

const SLICES = 21;
/** What an instance takes with one read, however many there are. */
const READ = 16;
const weightOf = (member: number): number => 1 + (member % 3);
const NAME = 'work';
const GROUP = 't:default';
const FEW = 2;
const MANY = 200;
/** Tasks that are sent and then worked off at a time: a full read for every unit of weight. */
const SLICE = READ * Array.from({ length: MANY }, (_, i) => weightOf(i)).reduce((a, b) => a + b);
/** How much more than `competing` a routed task may cost Redis, and how much more with many members than with few. */
const GOALS = { routed: 1.3, many: 1.5 };
const LOAD = { n: 0, text: 'x'.repeat(80) };

/** µs of Redis for adding, reading and settling one task, one figure a slice. */
interface Cost {
  readonly strategy: StrategyName;
  /** `competing`, with few members. */
  readonly base: number[];
  readonly few: number[];
  readonly many: number[];
}

/** What routing costs Redis: time per task by `INFO commandstats`, with few and with many members. */
export const routingCost: Study = {
  name: 'routing-cost',
  async run(options) {
    const costs: Cost[] = [];
    for (const strategy of STRATEGIES) costs.push(await measure(options, strategy));
    return describe(costs);
  },
};

/** Slices in turn: what slows the machine for a while slows all three. */
async function measure(options: StudyOptions, strategy: StrategyName): Promise<Cost> {
  const cost: Cost = { strategy, base: [], few: [], many: [] };
  const base = await openApp(options, 'competing', FEW);
  const few = await openApp(options, strategy, FEW);
  const many = await openApp(options, strategy, MANY);
  for (let slice = 0; slice < SLICES; slice += 1) {
    cost.base.push(await base.slice());
    cost.few.push(await few.slice());
    cost.many.push(await many.slice());
  }
  for (const app of [base, few, many]) await app.close();
  return cost;
}

interface App {
  /** Sends and works off tasks; µs of Redis for each. */
  slice(): Promise<number>;
  close(): Promise<void>;
}

async function openApp(
  { host, port, redis, scale }: StudyOptions,
  strategy: StrategyName,
  members: number,
): Promise<App> {
  const appName = uniqueName('routing');
  const open = (): RedisBackend =>
    new RedisBackend({ prefix: 'bench', appName, redis: { host, port } });
  const [sending, receiving] = [open(), open()];
  const { settings } = resolveOptions({ appName }, {});
  const log = { log: () => undefined, warn: () => undefined, error: console.error };
  const runtime = createRuntime({ backend: sending, settings, codec: jsonCodec, log });
  await Promise.all([runtime.connect(), receiving.connect()]);
  const crew = await join(receiving, strategy, members);
  const count = Math.ceil(SLICE * scale);
  // the sender learns what it is asked for, and every connection stands
  await send(runtime.sender, 2 * members);
  await work(receiving, crew, 2 * members);
  return {
    async slice() {
      const watched = await watchRedis(redis);
      await send(runtime.sender, count);
      await work(receiving, crew, count);
      const { commands } = await watched();
      const top = commands.filter(({ name }) => name === 'evalsha' || name === 'xreadgroup');
      return top.reduce((sum, { usec }) => sum + usec, 0) / count;
    },
    async close() {
      await runtime.close();
      await receiving.close();
    },
  };
}

type Crew = readonly { readonly consumer: string; readonly reader: Reader }[];

async function join({ queue }: RedisBackend, strategy: StrategyName, members: number) {
  const crew: { consumer: string; reader: Reader }[] = [];
  for (let i = 0; i < members; i += 1) {
    const consumer = uniqueName('consumer');
    await queue.join({
      consumer,
      service: 'service',
      instanceName: `instance ${i}`,
      ttl: 600_000,
      weight: weightOf(i),
      names: [{ address: `t:${NAME}`, group: GROUP }],
      groups: [{ name: GROUP, rule: { strategy, local: false } }],
      overflow: 'reject',
      maxWaiting: 1_000,
    });
    crew.push({ consumer, reader: queue.reader(consumer, 'tasks', () => false) });
  }
  return crew;
}

/** Single sends at the same time, as an app makes them. */
async function send(sender: Sender, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async () => await sender.enqueue([{ name: NAME, data: LOAD }])),
  );
}

/** Every member takes what it is given, until all is done. */
async function work({ queue }: RedisBackend, crew: Crew, count: number): Promise<void> {
  let left = count;
  const wants = [{ address: `t:${NAME}`, group: GROUP, limit: 256 }];
  await Promise.all(
    crew.map(async ({ consumer, reader }) => {
      while (left > 0) {
        const { deliveries } = await reader.fetch(READ, wants);
        left -= deliveries.length;
        if (left === 0 && deliveries.length > 0) for (const other of crew) other.reader.wake();
        await Promise.all(
          deliveries.map(async (delivery) => {
            await queue.settle(consumer, delivery, { type: 'done' });
          }),
        );
      }
    }),
  );
}

/** Medians of the ratios of neighbouring slices. */
function describe(costs: readonly Cost[]): string {
  const ratio = (parts: readonly number[], wholes: readonly number[]): number =>
    median(parts.map((part, slice) => part / wholes[slice]!));
  const rows = costs.map(({ strategy, base, few, many }) => {
    const routed = ratio(few, base);
    const grown = ratio(many, few);
    const goals =
      strategy === 'competing'
        ? [routed.toFixed(2), grown.toFixed(2)]
        : [
            verdict(routed, GOALS.routed, routed <= GOALS.routed),
            verdict(grown, GOALS.many, grown <= GOALS.many),
          ];
    return [strategy, median(few).toFixed(1), median(many).toFixed(1), ...goals].join(' | ');
  });
  const head = [
    'Redis time of a task, µs',
    `${FEW} instances`,
    `${MANY} instances`,
    'to competing',
    `${MANY} to ${FEW}`,
  ].join(' | ');
  return [head, '--- | ---: | ---: | ---: | ---:', ...rows].map((row) => `| ${row} |`).join('\n');
}
