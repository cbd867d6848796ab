import type { Redis } from 'ioredis';
import { AppKeys, GROUP } from '../../lib/backend/redis/keys.js';
import { fieldOf } from '../../lib/backend/redis/entries.js';
import { decodeEntry, decodeHeader } from '../../lib/codec/index.js';
import { type Audit, Findings } from './site.js';

/** Reads every place of an app. What it tells holds if nobody else is at work meanwhile. */
export async function auditRedis(redis: Redis, keys: AppKeys): Promise<Audit> {
  return await new RedisAudit(redis, keys).run();
}

/** Keys of the layout that must be gone when all work is done and every member has left. */
const TEMPORARY = [
  'members',
  'expiries',
  'namesOf',
  'resting',
  'claims',
  'crew',
  'serviceNames',
  'lane',
  'due',
  'bodies',
  'busy',
  'waitlist',
  'gated',
] as const;

class RedisAudit {
  readonly #redis: Redis;
  readonly #keys: AppKeys;
  readonly #findings = new Findings();
  readonly #leftovers: string[] = [];

  constructor(redis: Redis, keys: AppKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async run(): Promise<Audit> {
    for (const key of await this.#under('stream')) await this.#stream(key);
    for (const key of await this.#under('lane')) await this.#stream(key);
    await this.#parked();
    await this.#stream(this.#keys.key('dead'), 'dead');
    for (const name of TEMPORARY) this.#leftovers.push(...(await this.#under(name)));
    const keyHolders: string[] = [];
    for (const key of await this.#under('busy')) keyHolders.push(...(await this.#redis.hvals(key)));
    return { places: this.#findings.places, keyHolders, leftovers: this.#leftovers };
  }

  async #stream(key: string, place = key): Promise<void> {
    for (const [id, fields] of await this.#redis.xrangeBuffer(key, '-', '+')) {
      const { unique } =
        place === 'dead'
          ? decodeHeader(fieldOf(fields, 'h')!)
          : decodeEntry(fieldOf(fields, 'm')!).envelope;
      this.#findings.found(unique, `${place} ${String(id)}`);
    }
    if (place === 'dead') return;
    const held = await this.#redis.xpending(key, GROUP).catch(() => [0]);
    if (Number(held[0]) > (await this.#redis.xlen(key))) {
      this.#leftovers.push(`${key} holds more than it has`);
    }
  }

  /** A parked message has one body, and is either delayed or behind its key. */
  async #parked(): Promise<void> {
    const bodies = new Set(await this.#redis.hkeys(this.#keys.key('bodies')));
    const parked = (await this.#redis.zrange(this.#keys.key('due'), 0, -1)).map((unique) => ({
      unique,
      place: 'delayed',
    }));
    for (const key of await this.#under('waitlist')) {
      const line = await this.#redis.lrange(key, 0, -1);
      parked.push(...line.map((unique) => ({ unique, place: key })));
    }
    for (const { unique, place } of parked) {
      this.#findings.found(unique, bodies.delete(unique) ? place : `${place} without a body`);
    }
    for (const unique of bodies) this.#findings.found(unique, 'a body that nothing leads to');
  }

  async #under(name: Parameters<AppKeys['key']>[0]): Promise<string[]> {
    const found: string[] = [];
    const start = this.#keys.key(name);
    const pattern = start.endsWith(':') ? `${start}*` : start;
    let cursor = '0';
    do {
      const [next, keys] = await this.#redis.scan(cursor, 'MATCH', pattern, 'COUNT', 1000);
      cursor = next;
      found.push(...keys);
    } while (cursor !== '0');
    return [...new Set(found)];
  }
}
