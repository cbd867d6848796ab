import { unpack } from '../../codec/index.js';
import { type Address, addressKind, addressName, subscriberOf } from '../../message/index.js';
import type {
  ConsumerInfo,
  InspectorPort,
  Member,
  NameStats,
  QueueCounters,
  QueueStats,
} from '../index.js';
import type { Layout } from './layout.js';
import type { RedisLink } from './link.js';
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
    let raw: RawStats;
    try {
      raw = (await this.#link.run(this.#layout.scripts.inspect, [
        this.#layout.keys.root,
      ])) as RawStats;
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
    const names = rows(raw[0], 4).map(toName);
    const unclaimed = names.filter((name) => name.kind === 'task' && name.consumers === 0);
    return {
      names,
      unclaimed: unclaimed.reduce((sum, name) => sum + name.waiting, 0),
      delayed: raw[1],
      gated: raw[2],
      deadLetters: raw[3],
      consumers: rows(raw[4], 8).map((row) => toConsumer(row, Number(raw[6]))),
      counters: toCounters(raw[5]),
    };
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

function toName([address, length, held, consumers]: Row): NameStats {
  const at = String(address) as Address;
  return {
    name: addressName(at),
    kind: addressKind(at),
    ...subscriberOf(at),
    waiting: Math.max(0, Number(length) - Number(held)),
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
