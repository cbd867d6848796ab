import { formatRule, hash32 } from '../../balancer/index.js';
import { encodeErrorBody, packForScript } from '../../codec/index.js';
import { type Address, addressKind } from '../../message/index.js';
import type {
  Added,
  Backlog,
  Beat,
  CancelResult,
  Delivery,
  EvictOptions,
  Lease,
  Member,
  NewMessage,
  QueuePort,
  Reader,
  Routes,
  Settlement,
  TakeOver,
  Undecodable,
} from '../index.js';
import { InvalidConfigError } from '../../errors/index.js';
import { AddOutbox } from './add-outbox.js';
import type { Layout } from './layout.js';
import type { RedisLink } from './link.js';
import type { Script } from './load-script.js';
import { Canceller } from './canceller.js';
import { RedisReader } from './reader.js';
import { due, toBeat, toRoutes } from './replies.js';
import { toRedisFailure } from './redis-error.js';
import type { DurableLink } from './replicated-run.js';
import type { Scripts } from './scripts.js';
import { type Ending, SettleOutbox } from './settle-outbox.js';
import { RedisSubscriptions } from './durable-subscriptions.js';

/** Messages a moving script handles at once, so that none blocks Redis for long. */
const CHUNK = 128;

/** What is said of work whose holder was lost. */
export const errorsOfLost = {
  task: JSON.stringify({
    name: 'ServerLostError',
    message: 'every instance that held the task was lost before it settled it',
    code: 'SERVER_LOST',
  }),
  request: encodeErrorBody({
    name: 'ServerLostError',
    message: 'the instance that handled the request was lost before it answered',
    code: 'SERVER_LOST',
  }),
};

export interface RedisQueueParts {
  readonly command: RedisLink;
  readonly layout: Layout;
  readonly streamLength: number | undefined;
  readonly overflow: 'reject' | 'drop-oldest';
  /** See {@link AddOutboxOptions}. */
  readonly maxRetries: number | undefined;
  /** Where adds go that replicas must confirm: a connection of their own, so that nothing else waits for replicas. */
  readonly durable?: DurableLink | undefined;
  /** Makes the connection of one reader. */
  readonly readerLink: (name: string) => RedisLink;
}

/** The durable side on Redis: every method is one script, or a chunked series of one. */
export class RedisQueue implements QueuePort {
  readonly #parts: RedisQueueParts;
  readonly #adds: AddOutbox;
  /** Tasks and events, where replicas must confirm them; otherwise the same as `#adds`. */
  readonly #keptAdds: AddOutbox;
  readonly #settles: SettleOutbox;
  readonly #readers = new Set<Reader>();
  readonly #subscriptions: RedisSubscriptions;
  readonly #canceller: Canceller;
  readonly #ttls = new Map<string, number>();

  constructor(parts: RedisQueueParts) {
    this.#parts = parts;
    this.#adds = new AddOutbox(parts.command, parts);
    const { durable: durability } = parts;
    this.#keptAdds =
      durability === undefined
        ? this.#adds
        : new AddOutbox(durability.link, { ...parts, durability });
    this.#settles = new SettleOutbox(parts.command, parts.layout);
    const { command, layout } = parts;
    const subscriptions = new RedisSubscriptions(command, layout.keys);
    this.#subscriptions = subscriptions;
    this.#canceller = new Canceller({ command, layout, subscriptions });
  }

  // not async, as settle below: on the hot path every promise in between counts
  add(group: readonly NewMessage[], timeout: number): Promise<Added[]> {
    const [first] = group;
    // whoever loses a request is told by its time-out
    const isRequest = first !== undefined && addressKind(first.envelope.address) === 'request';
    return (isRequest ? this.#adds : this.#keptAdds).add(group, timeout);
  }

  async join(member: Member): Promise<Beat> {
    this.#ttls.set(member.consumer, member.ttl);
    const { consumer, ttl, service } = member;
    const groups = member.groups.map(({ name, rule }) => ({ name, rule: formatRule(rule) }));
    const meta = packForScript({
      ...member,
      groups,
      hash: hash32(consumer),
      subscriptions: member.subscriptions?.map((terms) => ({ ...terms })),
    });
    const reply = await this.run(this.#scripts.join, [consumer, ttl, meta, this.#control]);
    const [status, group, rule] = (reply as readonly unknown[]).map(String);
    if (status === 'conflict') {
      const wanted = groups.find(({ name }) => name === group)?.rule;
      throw new InvalidConfigError(
        `the group "${group}" of service "${service}" follows ${rule} here, this instance wants ${wanted}: all instances of a service must agree`,
      );
    }
    return toBeat(reply, []);
  }

  async beat(consumer: string, held: readonly Lease[]): Promise<Beat> {
    const ttl = this.#ttls.get(consumer) ?? 0;
    const leases = packForScript(held.flatMap(({ source, token }) => [source, token]));
    return toBeat(await this.run(this.#scripts.beat, [consumer, ttl, leases]), held);
  }

  async evict(consumer: string, options: EvictOptions): Promise<'alive' | 'evicted'> {
    const { leaving, lostLimit } = options;
    const args = [
      consumer,
      CHUNK,
      leaving ? '1' : '',
      lostLimit,
      errorsOfLost.task,
      errorsOfLost.request,
    ];
    for (;;) {
      const state = String(await this.run(this.#scripts.evict, [...args, this.#control]));
      if (state === 'alive') return 'alive';
      if (state === 'done') break;
    }
    this.#ttls.delete(consumer);
    return 'evicted';
  }

  reader(consumer: string, label: string, holds: (lease: Lease) => boolean): Reader {
    const { command, layout, readerLink } = this.#parts;
    const link = readerLink(`${label} of ${consumer}`);
    const settle = this.settleWith;
    const reader = new RedisReader(consumer, { link, command, layout, holds, settle });
    this.#readers.add(reader);
    return reader;
  }

  settle(
    consumer: string,
    delivery: Delivery | Undecodable,
    verdict: Ending,
    abandon?: AbortSignal,
  ): Promise<Settlement> {
    return this.#settles.settle(consumer, delivery, verdict, abandon);
  }

  /** An entry's id begins with the time it was written at. */
  readyAt(_consumer: string, { token }: Lease): number | undefined {
    return Number.parseInt(token, 10);
  }

  async setWeight(consumer: string, weight: number): Promise<boolean> {
    const args = [consumer, weight, this.#control];
    return Number(await this.run(this.#scripts.setWeight, args)) === 1;
  }

  async pause(service: string, pool: string, paused: boolean): Promise<boolean> {
    const args = [service, pool, paused ? '1' : '', this.#control];
    return Number(await this.run(this.#scripts.pause, args)) === 1;
  }

  async pauseMember(consumer: string, paused: boolean): Promise<boolean> {
    const args = [consumer, paused ? '1' : '', this.#control];
    return Number(await this.run(this.#scripts.pauseMember, args)) === 1;
  }

  async routes(address: Address): Promise<Routes | undefined> {
    return toRoutes(await this.run(this.#scripts.routes, [address]));
  }

  /** Takes turns for messages that lie elsewhere, see {@link RedisTurns}. */
  async turns(address: Address, count: number): Promise<readonly string[]> {
    return ((await this.run(this.#scripts.turns, [address, count])) as Buffer[]).map(String);
  }

  async takeOver(consumer: string, group: string, from: TakeOver): Promise<number> {
    const what = from.share ? ['share', 0, CHUNK] : ['', from.olderThan, from.count];
    return Number(await this.run(this.#scripts.takeOver, [consumer, group, ...what]));
  }

  async promote(): Promise<{ readonly nextDue?: number; readonly now: number }> {
    for (;;) {
      const reply = (await this.run(this.#scripts.promote, [CHUNK])) as [number, Buffer, Buffer];
      const now = Number(reply[1]);
      const nextDue = due(reply[2]);
      if (reply[0] < CHUNK) return nextDue === undefined ? { now } : { now, nextDue };
    }
  }

  async reclaim(lostLimit: number): Promise<number> {
    const { keys } = this.#parts.layout;
    const addresses = (await this.#call('SMEMBERS', [keys.key('streams')])) as Buffer[];
    let moved = 0;
    for (const address of addresses) {
      const args = [address, CHUNK, lostLimit, errorsOfLost.task, errorsOfLost.request];
      moved += Number(await this.run(this.#scripts.reclaim, args));
    }
    return moved;
  }

  async catchUp(subscription: Address): Promise<void> {
    await this.#subscriptions.catchUp(subscription);
  }

  async tend(): Promise<Backlog[]> {
    return await this.#subscriptions.tend();
  }

  async cancel(id: string, kind?: 'request'): Promise<CancelResult> {
    return await this.#canceller.cancel(id, kind);
  }

  async keptReplies(uniques: readonly string[]): Promise<(Buffer | undefined)[]> {
    if (uniques.length === 0) return [];
    const keys = uniques.map((unique) => this.#parts.layout.keys.key('reply', unique));
    const replies = (await this.#call('MGET', keys)) as (Buffer | null)[];
    // an empty one only says that the request is on its way
    return replies.map((reply) => (reply === null || reply.length === 0 ? undefined : reply));
  }

  async close(): Promise<void> {
    this.#adds.close();
    this.#keptAdds.close();
    this.#settles.close();
    await Promise.all([...this.#readers].map(async (reader) => await reader.close()));
  }

  protected readonly settleWith = <T>(link: RedisLink, send: () => T): T =>
    this.#settles.hand(link, send);

  get #scripts(): Scripts {
    return this.#parts.layout.scripts;
  }

  get #control(): string {
    return this.#parts.layout.keys.channel('control');
  }

  protected async run(
    script: Script,
    args: readonly (string | number | Buffer)[],
  ): Promise<unknown> {
    const { command, layout } = this.#parts;
    try {
      return await command.run(script, [layout.keys.root, ...args]);
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
  }

  async #call(command: string, args: readonly string[]): Promise<unknown> {
    try {
      return await this.#parts.command.call(command, args);
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
  }
}
