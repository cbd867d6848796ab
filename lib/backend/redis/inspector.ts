import { unpack } from '../../codec/index.js';
import { type Address, addressKind, addressName, subscriberOf } from '../../message/index.js';
import {
  queuesOf,
  type ConsumerInfo,
  type InspectorPort,
  type Member,
  type MessagePage,
  type MessageQuery,
  type NameStats,
  type QueueCounters,
  type QueueInfo,
  type QueueStats,
  type WaitingFor,
} from '../index.js';
import { RedisBrowser } from './browser.js';
import type { Layout } from './layout.js';
import type { RedisLink } from './link.js';
import type { Script } from './load-script.js';
import { toRedisFailure } from './redis-error.js';

type RawStats = readonly [
  readonly (Buffer | number)[],
  number,
  number,
  number,
  readonly (Buffer | number)[],
  readonly Buffer[],
  Buffer,
];

/** Looks at an app. */
export class RedisInspector implements InspectorPort {
  readonly #link: RedisLink;
  readonly #layout: Layout;
  readonly #browser: RedisBrowser;

  constructor(link: RedisLink, layout: Layout) {
    this.#link = link;
    this.#layout = layout;
    this.#browser = new RedisBrowser(link, layout);
  }

  async messages(query: MessageQuery): Promise<MessagePage> {
    return await this.#browser.page(query);
  }

  async queues(): Promise<QueueInfo[]> {
    const { keys } = this.#layout;
    const metas = (await this.#call('HVALS', keys.key('members'))) as Buffer[];
    const members = metas.map((meta) => unpack(meta) as Member);
    const services = [...new Set(members.map(({ service }) => service))];
    const paused = new Map(
      await Promise.all(
        services.map(async (service) => {
          const pools = (await this.#call('SMEMBERS', keys.key('paused', service))) as Buffer[];
          return [service, new Set(pools.map(String))] as const;
        }),
      ),
    );
    return queuesOf(members, (service) => paused.get(service) ?? new Set());
  }

  async stats(): Promise<QueueStats> {
    const raw = (await this.#run(this.#layout.scripts.inspect)) as RawStats;
    const names = rows(raw[0], 5).map(toName);
    const unclaimed = names.filter((name) => name.kind === 'task' && name.consumers === 0);
    return {
      at: Number(raw[6]),
      names,
      unclaimed: unclaimed.reduce((sum, name) => sum + name.waiting, 0),
      delayed: raw[1],
      gated: raw[2],
      deadLetters: raw[3],
      consumers: rows(raw[4], 9).map((row) => toConsumer(row, Number(raw[6]))),
      counters: toCounters(raw[5]),
    };
  }

  async backlog(consumer: string): Promise<WaitingFor | undefined> {
    const looked = this.#run(this.#layout.scripts.backlog, consumer);
    const [raw] = (await Promise.all([looked, this.#probe()])) as [
      readonly [number, Buffer] | null,
      void,
    ];
    if (raw === null) return undefined;
    const [waiting, oldest] = raw;
    return { waiting, ...oldestOf(oldest) };
  }

  async #run(script: Script, ...args: readonly string[]): Promise<unknown> {
    try {
      return await this.#link.run(script, [this.#layout.keys.root, ...args]);
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
  }

  async ping(): Promise<number> {
    const start = performance.now();
    await this.#probe();
    return performance.now() - start;
  }

  /** A write that changes nothing, for there is no such key: a server that takes none now says why. */
  async #probe(): Promise<void> {
    await this.#call('SET', this.#layout.keys.root, '', 'XX');
  }

  async #call(command: string, ...args: readonly string[]): Promise<unknown> {
    try {
      return await this.#link.call(command, args);
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
  }
}

type Row = readonly (Buffer | number | undefined)[];

function rows(flat: readonly (Buffer | number)[], width: number): Row[] {
  return Array.from({ length: flat.length / width }, (_, i) =>
    flat.slice(i * width, (i + 1) * width),
  );
}

/** @param age text of milliseconds; empty: nothing waits */
const oldestOf = (age: unknown): { readonly oldest?: number } =>
  String(age) === '' ? {} : { oldest: Number(age) };

function toName([address, length, held, consumers, oldest]: Row): NameStats {
  const at = String(address) as Address;
  return {
    name: addressName(at),
    kind: addressKind(at),
    ...subscriberOf(at),
    waiting: Math.max(0, Number(length) - Number(held)),
    ...oldestOf(oldest),
    running: Number(held),
    consumers: Number(consumers),
  };
}

function toConsumer(row: Row, now: number): ConsumerInfo {
  const [id, meta, expiry, weight, inFlight, waiting, processed, failed, resting] = row;
  const member = unpack(meta as Buffer) as Member & { readonly joinedAt: number };
  const expiresAt = Number(expiry);
  const paused = Number(resting) === 1;
  return {
    id: String(id),
    service: member.service,
    instanceName: member.instanceName,
    joinedAt: member.joinedAt,
    lastSeen: expiresAt - member.ttl,
    weight: Number(weight),
    paused,
    active: Number(weight) > 0 && !paused && expiresAt > now,
    inFlight: Number(inFlight),
    waiting: Number(waiting),
    processed: Number(processed),
    failed: Number(failed),
  };
}

function toCounters(flat: readonly Buffer[]): QueueCounters {
  const found = new Map<string, number>();
  for (let i = 0; i < flat.length; i += 2) found.set(String(flat[i]), Number(flat[i + 1]));
  const count = (name: keyof QueueCounters): number => found.get(name) ?? 0;
  return {
    added: count('added'),
    done: count('done'),
    retried: count('retried'),
    dead: count('dead'),
    duplicates: count('duplicates'),
    expired: count('expired'),
    dropped: count('dropped'),
    lost: count('lost'),
    stale: count('stale'),
  };
}
