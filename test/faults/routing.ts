import type { Redis } from 'ioredis';
import type { ConsumerInfo, Member } from '../../lib/backend/index.js';
import type { Rule } from '../../lib/balancer/index.js';
import type { TaskToSend } from '../../lib/runtime/index.js';
import type { FactLog } from '../support/fact-log.js';
import type { FaultApp } from './fault-app.js';
import { sorted } from './sorted.js';
import type { Fact, Work } from './work.js';

/**
 * Every way in which the work of a service is routed: those of this package, decided by the backend, and one decided by
 * the senders. `fills`: a lane is filled by what is sent to nobody in particular, at once; `turns`: everybody gets
 * exactly its share, an equal one or by weight.
 */
export const ROUTINGS = [
  { title: 'competing', balancer: { strategy: 'competing', local: false }, fills: false },
  {
    title: 'round_robin',
    balancer: { strategy: 'round_robin', local: false },
    fills: true,
    turns: 'equal',
  },
  {
    title: 'weighted',
    balancer: { strategy: 'weighted', local: false },
    fills: true,
    turns: 'by weight',
  },
  {
    title: 'consistent_hash',
    balancer: { strategy: 'consistent_hash', local: false },
    fills: true,
  },
  { title: 'least_conn', balancer: { strategy: 'least_conn', local: false }, fills: true },
  {
    title: 'round_robin by the senders',
    balancer: { strategy: 'round_robin', local: true },
    fills: false,
  },
] as const;

export const started = ({ what }: Fact): boolean => what === 'started';
export const ended = ({ what }: Fact): boolean => what === 'ended';
export const joined = ({ what }: Fact): boolean => what === 'joined';
export const evicted = ({ what }: Fact): boolean => what === 'evicted';

/** Who takes part, here or in a process of its own. */
export interface Participant {
  readonly facts: FactLog<Fact>;
}

/** The id it joined with last. */
export const idOf = ({ facts }: Participant): string => facts.filter(joined).at(-1)?.consumer ?? '';

/** What all of them told, in the order in which it happened. */
export const factsOf = (...participants: readonly Participant[]): Fact[] =>
  participants.flatMap(({ facts }) => facts.all).toSorted((a, b) => a.at - b.at);

/** Tasks without a key, one for each number. */
export const plain = (numbers: readonly number[], work: Omit<Work, 'n'> = {}): TaskToSend[] =>
  numbers.map((n) => ({ name: 'work', data: { ...work, n } }));

/** Tasks of so many keys in turn, one for each number. */
export const keyed = (
  numbers: readonly number[],
  { keys, of = '', ...work }: Omit<Work, 'n'> & { readonly keys: number; readonly of?: string },
): TaskToSend[] =>
  plain(numbers, work).map((task, i) => ({ ...task, options: { key: `key ${of}${i % keys}` } }));

/** The same tasks for one consumer. */
export const pinned = (target: string, tasks: readonly TaskToSend[]): TaskToSend[] =>
  tasks.map((task) => ({ ...task, options: { ...task.options, target } }));

/** The numbers of what was started. */
export const startsIn = (facts: readonly Fact[]): (number | undefined)[] =>
  sorted(facts.filter(started).map(({ n }) => n));

/** Of each key: no later task starts before an earlier one has ended, wherever they run. */
export function checkOrder(facts: readonly Fact[]): void {
  const keys = new Set(facts.flatMap(({ key }) => key ?? []));
  for (const key of keys) {
    const ofKey = facts.filter((fact) => fact.key === key);
    const order = ofKey.filter(started).map(({ n }) => n);
    if (order.join() !== sorted(order).join()) throw new Error(`${key}: ${order.join()}`);
    const firstEnd = (n: number | undefined): number =>
      ofKey.find((fact) => ended(fact) && fact.n === n)?.at ?? Infinity;
    for (const [i, n] of [...new Set(order)].entries()) {
      const next = [...new Set(order)][i + 1];
      const start = ofKey.find((fact) => started(fact) && fact.n === next);
      if (start !== undefined && start.at < firstEnd(n)) {
        throw new Error(`${key}: ${next} started before the end of ${n}`);
      }
    }
  }
}

/** A member without a process, that handles the tasks of these tests. */
export function memberOf(consumer: string, rule: Rule, weight = 1): Member {
  const group = 't:default';
  return {
    consumer,
    service: 'service',
    instanceName: consumer,
    ttl: 600_000,
    weight,
    names: [{ address: 't:work', group }],
    groups: [{ name: group, rule }],
    overflow: 'reject',
    maxWaiting: 1_000,
  };
}

/** What is told of a member; `undefined`: it is none. */
export async function infoOf(app: FaultApp, id: string): Promise<ConsumerInfo | undefined> {
  return (await app.stats()).consumers.find((consumer) => consumer.id === id);
}

/** Keys that name the consumer, or that something with its name lies in. */
export async function tracesOf({ redis, keys }: FaultApp, consumer: string): Promise<string[]> {
  const found: string[] = [];
  for (const key of await redis.keys(`${keys.root}*`)) {
    const text = key + JSON.stringify(await contentOf(redis, key));
    if (text.includes(consumer)) found.push(key);
  }
  return found;
}

/** Of a stream only who reads it: its messages may name whom they were for. */
async function contentOf(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'hash':
      return await redis.hgetall(key);
    case 'set':
      return await redis.smembers(key);
    case 'zset':
      return await redis.zrange(key, 0, -1);
    case 'stream':
      return await redis.xinfo('CONSUMERS', key, 'g').catch(() => []);
    case 'string':
      return await redis.get(key);
    default:
      return [];
  }
}
