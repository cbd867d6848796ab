import { type Rule, parseRule } from '../../../lib/balancer/index.js';
import type { Backend, Delivery } from '../../../lib/backend/index.js';
import { FRAME, type FrameKind, decodeFrames } from '../../../lib/codec/index.js';
import type { Site } from '../../support/site.js';
import { Consumer, type ConsumerOptions, LOST_LIMIT } from '../consumer.js';
import { Ledger, type Tracked } from './ledger.js';
import { Placement } from './placement.js';
import { Random } from './random.js';
import { Violation } from './violation.js';

/** One instance in the simulation. */
export interface Actor {
  readonly consumer: Consumer;
  /** What it knows that it holds; a fetch whose reply was lost is not in it. */
  held: Delivery[];
  /** What it held when it last thought it did; a zombie tries to settle it. */
  aliveUntil: number;
  /** Its share of routed work. */
  weight: number;
}

/** Milliseconds without a beat after which an actor may be evicted. */
const TTL = 300;

const ONE: ConsumerOptions = { service: 'one', tasks: ['a', 'b'], own: ['c'], requests: ['q'] };
const TWO: ConsumerOptions = { service: 'two', tasks: ['x'], own: ['y'] };
/** Instances of a rolling deploy know other names. */
const OLD: ConsumerOptions = { service: 'one', tasks: ['a'] };

/** Names by the service that handles them. */
export const NAMES = { one: ['a', 'b', 'c'], two: ['x', 'y'], requests: ['q'] } as const;

/** What tells one run from another. */
export interface ModelScene {
  readonly seed: number;
  /** As `formatRule` writes it. */
  readonly rule: string;
  /** Milliseconds, of new messages and of retries. Default 200. */
  readonly longestDelay?: number | undefined;
}

/** The backend, who takes part, and what the model knows. */
export class Simulation {
  readonly random: Random;
  readonly ledger = new Ledger();
  readonly live: Actor[] = [];
  /** Actors that stopped: not evicted yet, and evicted ones that do not know it. */
  readonly crashed: Actor[] = [];
  readonly evicted: Actor[] = [];
  /** Kinds of the final frames that arrived, by unique part of the request's id. */
  readonly outcomes = new Map<string, FrameKind[]>();
  /** What all groups of both services follow. */
  readonly rule: Rule;
  readonly longestDelay: number;
  readonly #site: Site;
  readonly #ruleText: string;
  readonly #clients: readonly Backend[];
  readonly #anchors: Actor[] = [];
  #uniques = 0;

  private constructor(site: Site, clients: readonly Backend[], scene: ModelScene) {
    this.rule = parseRule(scene.rule);
    this.#ruleText = scene.rule;
    this.longestDelay = scene.longestDelay ?? 200;
    this.#site = site;
    this.#clients = clients;
    this.random = new Random(scene.seed);
  }

  static async start(site: Site, scene: ModelScene): Promise<Simulation> {
    const clients = [await site.connect(), await site.connect()];
    const simulation = new Simulation(site, clients, scene);
    await simulation.#listen();
    simulation.#anchors.push(await simulation.#enter(ONE), await simulation.#enter(TWO));
    for (let i = 0; i < 3; i++) await simulation.join();
    return simulation;
  }

  get site(): Site {
    return this.#site;
  }

  /** One of the clients; it does not matter which. */
  get backend(): Backend {
    return this.random.pick(this.#clients);
  }

  get replyTo(): string {
    return this.#clients[0]?.bus.channel('reply', 'model') ?? '';
  }

  /** Everybody who works; the two that never die, one of each service, included. */
  get workers(): readonly Actor[] {
    return [...this.#anchors, ...this.live];
  }

  /** Everybody who was not evicted. */
  get members(): readonly Actor[] {
    return [...this.workers, ...this.crashed];
  }

  /** Everybody there ever was. */
  get everybody(): readonly Actor[] {
    return [...this.members, ...this.evicted];
  }

  /** Joins an instance of one of the services that may crash. */
  async join(): Promise<void> {
    const options = this.random.pick([ONE, ONE, TWO, OLD]);
    this.live.push(await this.#enter({ ...options, ttl: TTL }));
  }

  /** The unique part of the id of a new message. */
  newUnique(): string {
    return `message-${this.#uniques++}`;
  }

  /** The backend's clock. */
  async now(): Promise<number> {
    const [anchor] = this.#anchors;
    return await this.beat(anchor as Actor);
  }

  /** A sign of life of somebody who is a member: it holds what it thinks it holds. */
  async beat(actor: Actor): Promise<number> {
    const { status, lost, now, weight } = await actor.consumer.beat(actor.held);
    const { id } = actor.consumer;
    if (status !== 'alive') throw new Violation(`${id} beats, but is ${status}`);
    if (lost.length > 0)
      throw new Violation(`${id} lost ${JSON.stringify(lost)} while it is alive`);
    if (weight !== actor.weight) throw new Violation(`${id} weighs ${weight}, not ${actor.weight}`);
    actor.aliveUntil = now + actor.consumer.member.ttl;
    return now;
  }

  /** Tries to evict a consumer; one that beat in time must not be. */
  async evict(actor: Actor, leaving: boolean): Promise<boolean> {
    const { id } = actor.consumer;
    const options = { leaving, lostLimit: LOST_LIMIT };
    const result = await this.backend.queue.evict(id, options);
    if (result === 'alive') {
      if (leaving) throw new Violation(`${id} wanted to leave, but is still alive`);
      return false;
    }
    const early = actor.aliveUntil - (await this.now());
    if (!leaving && early > 0) throw new Violation(`${id} was evicted ${early} ms early`);
    const held = this.ledger.heldBy(id);
    this.ledger.evicted(id, options);
    for (const list of [this.live, this.crashed]) {
      if (list.includes(actor)) list.splice(list.indexOf(actor), 1);
    }
    this.evicted.push(actor);
    await this.#checkEviction(held);
    return true;
  }

  /** The time of everybody but the two anchors comes to its end. */
  async evictAll(): Promise<void> {
    for (const actor of [...this.live, ...this.crashed]) {
      for (let tries = 0; !(await this.evict(actor, false)); tries++) {
        if (tries > 20) throw new Violation(`${actor.consumer.id} is never evicted`);
        await this.#site.passTime(TTL / 4);
        for (const worker of this.#anchors) await this.beat(worker);
      }
    }
  }

  /** The last two leave as well. */
  async end(): Promise<void> {
    for (const { consumer } of this.#anchors) await consumer.leave();
  }

  /** What it held is placed again, by the rule; nothing lies with it. */
  async #checkEviction(held: readonly Tracked[]): Promise<void> {
    const placed = held.filter(({ status }) => status === 'waiting');
    await new Placement(this).check(placed.map(({ message: { envelope } }) => ({ envelope })));
  }

  async #enter(options: ConsumerOptions): Promise<Actor> {
    const weight = this.random.below(4);
    const parts = { ...options, weight, rule: this.#ruleText, consumer: this.#newId() };
    const consumer = new Consumer(this.backend, parts, () => this.#site.calm());
    const { now } = await consumer.join();
    await consumer.warmUp();
    return { consumer, held: [], aliveUntil: now + consumer.member.ttl, weight };
  }

  /** The same for the same seed: what ids are hashed to is part of a run. */
  #newId(): string {
    return `consumer-${this.#uniques++}-${this.random.below(2 ** 32).toString(16)}`;
  }

  async #listen(): Promise<void> {
    await this.#clients[0]?.bus.subscribe(this.replyTo, (message) => {
      for (const { unique, kind } of decodeFrames(message)) {
        if (kind === FRAME.value) continue;
        this.outcomes.set(unique, [...(this.outcomes.get(unique) ?? []), kind]);
      }
    });
  }
}
