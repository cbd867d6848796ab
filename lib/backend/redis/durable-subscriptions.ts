import { type Address, toSubscription } from '../../message/index.js';
import type { Backlog } from '../index.js';
import type { Keys } from './keys.js';
import type { RedisLink } from './link.js';
import type { Script } from './load-script.js';
import { toRedisFailure } from './redis-error.js';
import { SCRIPTS } from './scripts.js';

/** Entries one script copies or drops at once. */
const CHUNK = 128;
/** Share of a bound from which people are warned. */
const NEAR = 0.8;

/** What one look at a subscription told. */
interface Look extends Omit<Backlog, 'state' | 'subscription'> {
  readonly isRemoved: boolean;
  readonly isMore: boolean;
  readonly isBehind: boolean;
}

/** Keeps the subscriptions of an app up to date and within their bounds. */
export class RedisSubscriptions {
  readonly #link: RedisLink;
  readonly #keys: Keys;

  constructor(link: RedisLink, keys: Keys) {
    this.#link = link;
    this.#keys = keys;
  }

  async catchUp(subscription: Address): Promise<void> {
    const { event } = toSubscription(subscription);
    const args = [subscription, event, CHUNK, this.#keys.channel('control')];
    while (String(await this.#run(SCRIPTS.catchUp, args)) === 'more');
  }

  async tend(): Promise<Backlog[]> {
    const found: Backlog[] = [];
    for (const subscription of await this.#all()) {
      const backlog = await this.#tendOne(subscription);
      if (backlog !== undefined) found.push(backlog);
    }
    return found;
  }

  /** Addresses of all subscriptions of an event. */
  async of(event: string): Promise<Address[]> {
    return await this.#list('HKEYS', this.#keys.key('subscriptions', event));
  }

  /** Those that stand, and those of which something is left. */
  async #all(): Promise<readonly Address[]> {
    const standing = await this.#list('HKEYS', this.#keys.key('attended'));
    const streams = await this.#list('SMEMBERS', this.#keys.key('streams'));
    return [...new Set([...standing, ...streams.filter((address) => address.startsWith('e:'))])];
  }

  async #tendOne(subscription: Address): Promise<Backlog | undefined> {
    let look = await this.#look(subscription);
    let { dropped, isRemoved } = look;
    while (look.isMore) {
      look = await this.#look(subscription);
      dropped += look.dropped;
      isRemoved ||= look.isRemoved;
    }
    if (look.isBehind) await this.catchUp(subscription);
    const { age, maxAge, bytes, maxBytes } = look;
    const facts = { subscription, dropped, age, maxAge, bytes, maxBytes };
    if (isRemoved) return { ...facts, state: 'removed' };
    if (dropped > 0) return { ...facts, state: 'dropped' };
    const isNear = age > maxAge * NEAR || bytes > maxBytes * NEAR;
    return isNear ? { ...facts, state: 'near' } : undefined;
  }

  async #look(subscription: Address): Promise<Look> {
    const { event } = toSubscription(subscription);
    const reply = (await this.#run(SCRIPTS.tend, [subscription, event, CHUNK])) as unknown[];
    const [dropped = 0, age = 0, maxAge = 0, bytes = 0, maxBytes = 0, more, behind] = reply
      .slice(1)
      .map(Number);
    return {
      isRemoved: String(reply[0]) === 'removed',
      isMore: more === 1,
      isBehind: behind === 1,
      ...{ dropped, age, maxAge, bytes, maxBytes },
    };
  }

  async #list(command: string, key: string): Promise<Address[]> {
    try {
      const list = (await this.#link.call(command, [key])) as Buffer[];
      return list.map((address) => String(address) as Address);
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
  }

  async #run(script: Script, args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.#link.run(script, [this.#keys.root, ...args]);
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
  }
}
