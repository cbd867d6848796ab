import { unpack } from '../../codec/index.js';
import { type Address, addressKind, addressName, subscriberOf } from '../../message/index.js';
import type {
  ConsumerInfo,
  InspectorPort,
  Member,
  NameStats,
  QueueCounters,
  QueueStats,
  WaitingFor,
} from '../index.js';
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

/** Looks at an app in one script. */
export class RedisInspector implements InspectorPort {
  readonly #link: RedisLink;
  readonly #layout: Layout;

  constructor(link: RedisLink, layout: Layout) {
    this.#link = link;
    this.#layout = layout;
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
      consumers: rows(raw[4], 8).map((row) => toConsumer(row, Number(raw[6]))),
      counters: toCounters(raw[5]),
    };
  }

  async backlog(consumer: string): Promise<WaitingFor | undefined> {
    const raw = (await this.#run(this.#layout.scripts.backlog, consumer)) as
      readonly [number, Buffer] | null;
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
    try {
      await this.#link.call('PING', []);
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
    return performance.now() - start;
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
  const [id, meta, expiry, weight, inFlight, waiting, processed, failed] = row;
  const member = unpack(meta as Buffer) as Member & { readonly joinedAt: number };
  const expiresAt = Number(expiry);
  return {
    id: String(id),
    service: member.service,
    instanceName: member.instanceName,
    joinedAt: member.joinedAt,
    lastSeen: expiresAt - member.ttl,
    weight: Number(weight),
    active: Number(weight) > 0 && expiresAt > now,
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
