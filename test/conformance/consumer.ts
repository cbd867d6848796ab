import type {
  Backend,
  Beat,
  DeadReason,
  Delivery,
  Lease,
  Member,
  Reader,
  ReplyOut,
  Settlement,
  SubscriptionTerms,
  Verdict,
  Want,
} from '../../lib/backend/index.js';
import { parseRule } from '../../lib/balancer/index.js';
import {
  type Address,
  type QueuedKind,
  toAddress,
  toSubscriptionAddress,
} from '../../lib/message/index.js';
import { uniqueName } from '../support/unique-name.js';

export interface ConsumerOptions {
  /** Its id; default one that nobody else has. */
  readonly consumer?: string;
  readonly service?: string;
  /** Default: longer than any test. */
  readonly ttl?: number;
  /** Names of tasks, of tasks whose handlers have a bound of their own and so a group, of requests. */
  readonly tasks?: readonly string[];
  readonly own?: readonly string[];
  readonly requests?: readonly string[];
  /** Those of the requests that may be handled again. */
  readonly idempotent?: readonly string[];
  /** Events that are kept for the service, each with what differs from {@link TERMS}. */
  readonly events?: Readonly<Record<string, EventTerms>>;
  /** Names of tasks in groups other than the default one, by group. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** Of all its groups, as `formatRule` writes it; default `competing`. */
  readonly rule?: string;
  /** Default 1. */
  readonly weight?: number;
  readonly paused?: boolean;
  readonly streamLength?: number;
  readonly overflow?: 'reject' | 'drop-oldest';
  readonly maxWaiting?: number;
}

/** What a test says of a subscription. */
export type EventTerms = Partial<Omit<SubscriptionTerms, 'address' | 'event'>> & {
  /** Its name. */
  readonly as?: string;
};

/** Bounds beyond every test. */
const TERMS = { from: 'new', maxAge: 600_000, maxBytes: 1e9, retention: 600_000 } as const;

/** The address of a subscription. */
export const subscription = (event: string, service = 'service', name = ''): Address =>
  toSubscriptionAddress({ service, name, event });

export const LOST_LIMIT = 3;
const FOREVER = 600_000;
const MANY = 1_000;

/** How often a poll looks again while something is there. */
const PATIENCE = 5;

/** One instance of a service, as the port sees it. */
export class Consumer {
  readonly member: Member;
  readonly #backend: Backend;
  readonly #calm: () => Promise<void>;
  readonly #readers: Record<QueuedKind, Reader>;
  readonly #held = new Set<string>();

  constructor(backend: Backend, options: ConsumerOptions, calm: () => Promise<void>) {
    this.member = toMember(options);
    this.#backend = backend;
    this.#calm = calm;
    const holds = ({ token }: Lease): boolean => this.#held.has(token);
    this.#readers = {
      task: backend.queue.reader(this.id, 'task', holds),
      request: backend.queue.reader(this.id, 'request', holds),
    };
  }

  get id(): string {
    return this.member.consumer;
  }

  async join(): Promise<Beat> {
    return await this.#backend.queue.join(this.member);
  }

  /** Lets the readers open what they need, so that the next fetch reads at once. */
  async warmUp(): Promise<void> {
    for (const kind of ['task', 'request'] as const) {
      if (this.wants(kind).length > 0) await this.#fetchForAMoment(kind, 1, []);
    }
  }

  async beat(held: readonly Delivery[] = []): Promise<Beat> {
    return await this.#backend.queue.beat(
      this.id,
      held.map(({ lease }) => lease),
    );
  }

  reader(kind: QueuedKind = 'task'): Reader {
    return this.#readers[kind];
  }

  /** Everything it handles of one kind, with its groups. */
  wants(kind: QueuedKind = 'task', limit = MANY): Want[] {
    const isRequest = (address: string): boolean => address.startsWith('r:');
    return this.member.names
      .filter(({ address }) => isRequest(address) === (kind === 'request'))
      .map(({ address, group }) => ({ address, limit, group }));
  }

  /** One fetch that brings something: readers may return empty-handed now and then. */
  async fetch(total: number, wants = this.wants()): Promise<readonly Delivery[]> {
    return await this.#fetch('task', total, wants);
  }

  /** Waits until it has taken this many. */
  async take(count = 1, kind: QueuedKind = 'task'): Promise<Delivery[]> {
    const taken: Delivery[] = [];
    while (taken.length < count) {
      taken.push(...(await this.#fetch(kind, count - taken.length, this.wants(kind))));
    }
    return taken;
  }

  async takeOne(kind: QueuedKind = 'task'): Promise<Delivery> {
    const [delivery] = await this.take(1, kind);
    return delivery as Delivery;
  }

  /** Takes what arrives in a moment: for tests in which nothing should. */
  async poll(kind: QueuedKind = 'task', total = MANY): Promise<Delivery[]> {
    return await this.#fetchForAMoment(kind, total, this.wants(kind));
  }

  /** Takes what was routed to it, as one that is drained does. */
  async pollLanes(kind: QueuedKind = 'task', total = MANY): Promise<Delivery[]> {
    const taken: Delivery[] = [];
    let empty = 0;
    while (taken.length < total && empty < PATIENCE) {
      const left = total - taken.length;
      const more = await this.#fetchForAMoment(kind, left, this.wants(kind), true);
      taken.push(...more);
      // on a busy machine a moment may be too short
      empty = more.length > 0 ? 0 : empty + 1;
      if (empty > 0 && !(await this.#isAwaited())) break;
    }
    return taken;
  }

  /** Whether something lies unread in its lanes. */
  async #isAwaited(): Promise<boolean> {
    const { consumers } = await this.#backend.inspector.stats();
    return (consumers.find(({ id }) => id === this.id)?.waiting ?? 0) > 0;
  }

  async settle(delivery: Delivery, verdict: Verdict): Promise<Settlement> {
    const settlement = await this.#backend.queue.settle(this.id, delivery, verdict);
    this.#held.delete(delivery.lease.token);
    return settlement;
  }

  async done(delivery: Delivery, reply?: ReplyOut): Promise<Settlement> {
    return await this.settle(
      delivery,
      reply === undefined ? { type: 'done' } : { type: 'done', reply },
    );
  }

  async retry(delivery: Delivery, delay = 0, counts = true): Promise<Settlement> {
    return await this.settle(delivery, { type: 'retry', delay, counts });
  }

  async release(delivery: Delivery): Promise<Settlement> {
    return await this.settle(delivery, { type: 'release' });
  }

  async forward(delivery: Delivery, to: Consumer | string): Promise<Settlement> {
    const consumer = typeof to === 'string' ? to : to.id;
    return await this.settle(delivery, { type: 'forward', consumer });
  }

  async dead(
    delivery: Delivery,
    message = 'it failed',
    reason: DeadReason = 'failed',
  ): Promise<Settlement> {
    const error = { name: 'Error', message };
    return await this.settle(delivery, { type: 'dead', reason, error, consumer: this.id });
  }

  async leave(): Promise<void> {
    await this.evict(this);
  }

  /** Says for another one that it leaves. */
  async evict({ id }: Consumer): Promise<void> {
    await this.#backend.queue.evict(id, { leaving: true, lostLimit: LOST_LIMIT });
  }

  async #fetch(kind: QueuedKind, total: number, wants: readonly Want[]): Promise<Delivery[]> {
    for (;;) {
      const fetched = await this.reader(kind).fetch(total, wants);
      if (fetched.displaced) throw new Error(`${this.id} is displaced`);
      if (fetched.deliveries.length > 0) return this.#hold(fetched.deliveries);
    }
  }

  async #fetchForAMoment(
    kind: QueuedKind,
    total: number,
    wants: readonly Want[],
    lanesOnly = false,
  ): Promise<Delivery[]> {
    let isWaiting = true;
    const fetching = this.reader(kind)
      .fetch(total, wants, lanesOnly)
      .finally(() => (isWaiting = false));
    await this.#calm();
    if (isWaiting) this.reader(kind).wake();
    return this.#hold((await fetching).deliveries);
  }

  #hold(deliveries: readonly Delivery[]): Delivery[] {
    for (const { lease } of deliveries) this.#held.add(lease.token);
    return [...deliveries];
  }
}

function toMember(options: ConsumerOptions): Member {
  const { service = 'service', rule = 'competing' } = options;
  const names = namesOf(options);
  const groups = new Set(names.map(({ group }) => group));
  return {
    consumer: options.consumer ?? uniqueName(service),
    service,
    instanceName: `${service}-instance`,
    ttl: options.ttl ?? FOREVER,
    names,
    groups: [...groups].map((name) => ({ name, rule: parseRule(rule) })),
    weight: options.weight ?? 1,
    ...(options.paused === undefined ? {} : { paused: options.paused }),
    ...(options.streamLength === undefined ? {} : { streamLength: options.streamLength }),
    overflow: options.overflow ?? 'reject',
    maxWaiting: options.maxWaiting ?? MANY,
    subscriptions: subscriptionsOf(options),
  };
}

function subscriptionsOf({ service, events = {} }: ConsumerOptions): SubscriptionTerms[] {
  return Object.entries(events).map(([event, { as, ...terms }]) => {
    return { ...TERMS, ...terms, event, address: subscription(event, service, as) };
  });
}

function namesOf(options: ConsumerOptions) {
  const { tasks = [], own = [], requests = [], idempotent = [], groups = {} } = options;
  const inGroup = (name: string, group: string) => ({ address: toAddress('task', name), group });
  return [
    ...tasks.map((name) => inGroup(name, 't:default')),
    ...own.map((name) => inGroup(name, `t:default/${name}`)),
    ...Object.entries(groups).flatMap(([group, names]) =>
      names.map((name) => inGroup(name, group)),
    ),
    ...subscriptionsOf(options).map(({ address }) => ({ address, group: 't:default' })),
    ...requests.map((name) => ({
      address: toAddress('request', name),
      group: 'r:default',
      ...(idempotent.includes(name) ? { idempotent: true } : {}),
    })),
  ];
}
