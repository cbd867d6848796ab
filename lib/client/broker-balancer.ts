import { MAX_WEIGHT, isWeight } from '../balancer/index.js';
import type { ConsumerInfo, MembersChange, QueueStats } from '../backend/index.js';
import type { StrategyOption } from '../config/index.js';
import { ClosedError, InvalidOptionsError } from '../errors/index.js';
import type { Runtime } from '../runtime/index.js';

/** A change among the running instances of the app. @publicApi */
export interface ConsumerChange {
  /** Of the instance, see {@link ConsumerInfo}. */
  readonly id: string;
  /** Its weight after the change; 0 when it has gone. */
  readonly weight: number;
}

/** What a balancer tells while somebody listens. @publicApi */
export interface BalancerEvents {
  /** An instance takes part from now on. */
  join: (change: ConsumerChange) => void;
  /** An instance left in peace; others have its work. */
  leave: (change: ConsumerChange) => void;
  /** An instance gave no sign of life; others have its work. */
  evict: (change: ConsumerChange) => void;
  /** An instance has another share of routed work; a paused one has 0. */
  weight: (change: ConsumerChange) => void;
}

const EVENTS = { joined: 'join', left: 'leave', evicted: 'evict', weight: 'weight' } as const;

/**
 * Who shares the work, and how. Injected with `@InjectBalancer()`, it works in every process of the app, also in one
 * that only sends.
 * @publicApi
 */
export class BrokerBalancer {
  private readonly connect: () => Promise<Runtime>;
  private readonly runtime: Runtime;

  /** @param runtime of the broker it belongs to; `connect` resolves to it when it can be used */
  constructor(runtime: Runtime, connect: () => Promise<Runtime>) {
    this.runtime = runtime;
    this.connect = connect;
  }

  /** The strategy of this process's queues that name none. It rules where its handlers run, not where it sends to. */
  get strategy(): StrategyOption {
    return this.runtime.strategy;
  }

  /** This instance's id while it takes part; a new one after an eviction. */
  get self(): string | undefined {
    return this.runtime.consumerId;
  }

  /** All running instances of the app, of every service, by id. */
  async consumers(): Promise<ConsumerInfo[]> {
    const { consumers } = await this.stats();
    return consumers.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** One of them; `undefined` when it does not run. */
  async consumer(id: string): Promise<ConsumerInfo | undefined> {
    return (await this.consumers()).find((consumer) => consumer.id === id);
  }

  /**
   * Changes this instance's share of routed work, from the next message on: a whole number up to 1,000. 0 drains: it
   * finishes what it has and gets nothing new. Lasts until the instance ends.
   * @throws InvalidOptionsError; ClosedError when this process takes no part
   */
  setWeight(weight: number): Promise<void>;
  /** The same for any instance. @throws InvalidOptionsError also when there is no such instance */
  setWeight(id: string, weight: number): Promise<void>;
  async setWeight(first: string | number, second?: number): Promise<void> {
    const [id, weight] = typeof first === 'string' ? [first, second] : [this.self, first];
    if (!isWeight(weight)) {
      throw new InvalidOptionsError(
        `weight is ${String(weight)}, allowed: a whole number from 0 to ${MAX_WEIGHT}`,
      );
    }
    await this.ofMember(id, async (runtime, member) => await runtime.setWeight(member, weight));
  }

  /**
   * Stops one instance, this one by default: it takes no task and no request of any queue, what was routed to it and has
   * not started goes to others, and what runs ends. It keeps its weight for afterwards, and goes on hearing plain events.
   * Lasts until {@link resume} or the end of its process, also when it is evicted meanwhile and joins again.
   * @throws InvalidOptionsError when there is no such instance; ClosedError when this process takes no part
   */
  async pause(id?: string): Promise<void> {
    await this.ofMember(id ?? this.self, async (runtime, member) => {
      return await runtime.pauseMember(member, true);
    });
  }

  /** Ends {@link pause}. @throws as it does */
  async resume(id?: string): Promise<void> {
    await this.ofMember(id ?? this.self, async (runtime, member) => {
      return await runtime.pauseMember(member, false);
    });
  }

  /** What waits, runs and died in the app, and who handles it. */
  async stats(): Promise<QueueStats> {
    return await (await this.connect()).stats();
  }

  private async ofMember(
    id: string | undefined,
    step: (runtime: Runtime, id: string) => Promise<boolean>,
  ): Promise<void> {
    if (id === undefined) throw new ClosedError('this instance takes no part: it handles nothing');
    if (!(await step(await this.connect(), id))) {
      throw new InvalidOptionsError(`no running instance has the id "${id.slice(0, 300)}"`);
    }
  }

  /** @returns ends the listening */
  on<E extends keyof BalancerEvents>(event: E, listener: BalancerEvents[E]): () => void {
    return this.runtime.on('members', ({ change, consumer, weight }: MembersChange) => {
      if (EVENTS[change] === event) listener({ id: consumer, weight });
    });
  }
}
