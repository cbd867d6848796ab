import { type Address, parseMessageId } from '../../message/index.js';
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
  Verdict,
} from '../index.js';
import type { SenderBound } from './bounds.js';
import type { Connection } from './connection.js';
import { MemoryReader } from './reader.js';
import { add } from './steps/add.js';
import { beat } from './steps/beat.js';
import { catchUp } from './steps/catch-up.js';
import { cancel } from './steps/cancel.js';
import { evict } from './steps/evict.js';
import { join } from './steps/join.js';
import { pause } from './steps/pause.js';
import { pauseMember } from './steps/pause-member.js';
import { promote } from './steps/promote.js';
import { routes } from './steps/routes.js';
import { setWeight } from './steps/set-weight.js';
import { settle } from './steps/settle.js';
import { takeOver } from './steps/take-over.js';
import { tend } from './steps/tend.js';

/** The durable side in memory: every method is one step of the hub. */
export class MemoryQueue implements QueuePort {
  readonly #connection: Connection;
  readonly #bound: SenderBound;

  constructor(connection: Connection, bound: SenderBound) {
    this.#connection = connection;
    this.#bound = bound;
  }

  async add(group: readonly NewMessage[]): Promise<Added[]> {
    return add(this.#connection.hub, group, this.#bound);
  }

  async join(member: Member): Promise<Beat> {
    return join(this.#connection.hub, member);
  }

  async beat(consumer: string, held: readonly Lease[]): Promise<Beat> {
    return beat(this.#connection.hub, consumer, held);
  }

  async evict(consumer: string, options: EvictOptions): Promise<'alive' | 'evicted'> {
    return evict(this.#connection.hub, consumer, options);
  }

  reader(consumer: string): Reader {
    return new MemoryReader(this.#connection, consumer);
  }

  async settle(
    consumer: string,
    { lease }: Delivery | Undecodable,
    verdict: Verdict,
  ): Promise<Settlement> {
    return settle(this.#connection.hub, consumer, lease, verdict);
  }

  readyAt(consumer: string, lease: Lease): number | undefined {
    return this.#connection.hub.holdings.find(consumer, lease)?.arrivedAt;
  }

  async setWeight(consumer: string, weight: number): Promise<boolean> {
    return setWeight(this.#connection.hub, consumer, weight);
  }

  async pause(service: string, pool: string, paused: boolean): Promise<boolean> {
    return pause(this.#connection.hub, service, pool, paused);
  }

  async pauseMember(consumer: string, paused: boolean): Promise<boolean> {
    return pauseMember(this.#connection.hub, consumer, paused);
  }

  async routes(address: Address): Promise<Routes | undefined> {
    return routes(this.#connection.hub, address);
  }

  async takeOver(consumer: string, group: string, from: TakeOver): Promise<number> {
    return takeOver(this.#connection.hub, consumer, group, from);
  }

  async promote(): Promise<{ readonly nextDue?: number; readonly now: number }> {
    return promote(this.#connection.hub);
  }

  /** Nothing is ever handed to a consumer that is no member, so there is nothing to find. */
  async reclaim(): Promise<number> {
    this.#connection.check();
    return 0;
  }

  async catchUp(subscription: Address): Promise<void> {
    catchUp(this.#connection.hub, subscription);
  }

  async tend(): Promise<Backlog[]> {
    return tend(this.#connection.hub);
  }

  async cancel(id: string, kind?: 'request'): Promise<CancelResult> {
    return cancel(this.#connection.hub, parseMessageId(id), kind);
  }

  async keptReplies(uniques: readonly string[]): Promise<(Buffer | undefined)[]> {
    const { replies, clock } = this.#connection.hub;
    return uniques.map((unique) => {
      const reply = replies.get(unique, clock.now());
      return reply === undefined ? undefined : Buffer.from(reply);
    });
  }
}
