import { encodeErrorBody } from '../../codec/index.js';
import { type Address, parseMessageId, toAddress } from '../../message/index.js';
import type { CancelResult } from '../index.js';
import type { RedisSubscriptions } from './durable-subscriptions.js';
import type { Layout } from './layout.js';
import type { RedisLink } from './link.js';
import type { Script } from './load-script.js';
import { toRedisFailure } from './redis-error.js';

/** Entries one step of a search looks at. */
const STRETCH = 512;
const CANCELLED = encodeErrorBody({
  name: 'CancelledError',
  message: 'the request was cancelled before it was handled',
  code: 'CANCELLED',
});

export interface CancellerParts {
  readonly command: RedisLink;
  readonly layout: Layout;
  readonly subscriptions: RedisSubscriptions;
}

/** Finds a message wherever it lies, and takes it out or tells its holder. There is no index of messages: it searches. */
export class Canceller {
  readonly #command: RedisLink;
  readonly #layout: Layout;
  readonly #subscriptions: RedisSubscriptions;

  constructor({ command, layout, subscriptions }: CancellerParts) {
    this.#command = command;
    this.#layout = layout;
    this.#subscriptions = subscriptions;
  }

  async cancel(id: string, kind?: 'request'): Promise<CancelResult> {
    const { name, unique } = parseMessageId(id);
    const { scripts } = this.#layout;
    const addresses =
      kind === undefined
        ? [
            toAddress('task', name),
            toAddress('request', name),
            ...(await this.#subscriptions.of(name)),
          ]
        : [toAddress(kind, name)];
    // a message that moves while it is looked for is behind the search or parked: look once more
    for (let round = 0; round < 2; round += 1) {
      const isParked =
        kind === undefined && Number(await this.#run(scripts.cancelParked, [unique])) === 1;
      if (isParked) return 'removed';
      for (const source of await this.#sources(addresses)) {
        const result = await this.#cancelIn(source, unique);
        if (result !== undefined) return result;
      }
    }
    return 'unknown';
  }

  /** The streams a message of one of the addresses can lie in. */
  async #sources(addresses: readonly Address[]): Promise<string[]> {
    const { keys } = this.#layout;
    const members = (await this.#call('HKEYS', [keys.key('members')])) as Buffer[];
    const lanes = await Promise.all(
      members.map(async (member) => await this.#lanesOf(String(member), addresses)),
    );
    return [...lanes.flat(), ...addresses.map((address) => keys.stream(address))];
  }

  async #lanesOf(consumer: string, addresses: readonly Address[]): Promise<string[]> {
    const { keys } = this.#layout;
    const args = [keys.key('namesOf', consumer), ...addresses];
    const groups = (await this.#call('HMGET', args)) as (Buffer | null)[];
    const found = new Set(groups.flatMap((group) => (group === null ? [] : String(group))));
    return [...found].map((group) => keys.lane(consumer, group));
  }

  async #cancelIn(source: string, unique: string): Promise<CancelResult | undefined> {
    const { scripts, keys } = this.#layout;
    let from = '-';
    for (;;) {
      const reply = (await this.#run(scripts.locate, [source, from, unique, STRETCH])) as Buffer[];
      const [what, id] = reply.map(String);
      if (what === 'end' || id === undefined) return undefined;
      from = id;
      if (what !== 'found') continue;
      const args = [source, id, unique, keys.channel('control'), CANCELLED];
      const result = String(await this.#run(scripts.cancelEntry, args));
      return result === 'moved' ? undefined : (result as CancelResult);
    }
  }

  async #run(script: Script, args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.#command.run(script, [this.#layout.keys.root, ...args]);
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
  }

  async #call(command: string, args: readonly string[]): Promise<unknown> {
    try {
      return await this.#command.call(command, args);
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
  }
}
