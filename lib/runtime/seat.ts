import type {
  Beat,
  Clock,
  Delivery,
  Member,
  QueuePort,
  Undecodable,
  Verdict,
} from '../backend/index.js';
import { CancelledError, toPlainError } from '../errors/index.js';
import { ConsumerLoop } from './consumer-loop.js';
import type { Exclusive } from './exclusive.js';
import type { HandlerRegistry } from './handler-registry.js';
import { Handling } from './handling.js';
import { InHand } from './in-hand.js';
import { lookAtRoutes } from './look-at-routes.js';
import type { Pool, Pools } from './pools.js';
import type { RequestRunner } from './request-runner.js';
import type { Router } from './router.js';
import type { ServerClock } from './server-clock.js';
import { Session } from './session.js';
import type { Strategies } from './strategies.js';
import type { TaskRunner } from './task-runner.js';

/** From this many lost deliveries on a task runs alone in its instance. */
const SUSPECT = 2;
/** How long, in ms, an entry of a newer release rests here before it is given back. */
const REST = 1_000;

export interface SeatParts {
  readonly queue: QueuePort;
  readonly clock: Clock;
  readonly server: ServerClock;
  readonly registry: HandlerRegistry;
  readonly pools: Pools;
  readonly strategies: Strategies;
  readonly router: Router;
  readonly exclusive: Exclusive;
  readonly tasks: TaskRunner;
  readonly requests: RequestRunner;
  readonly lostLimit: number;
  /** Aborted when results that cannot be delivered are given up. */
  readonly abandon: AbortSignal;
  readonly onBeat: (beat: Beat, seat: Seat) => void;
  readonly onEvicted: (seat: Seat) => void;
  readonly onError: (error: unknown) => void;
}

/** This instance's place in the queue for one membership: its readers and everything it holds. */
export class Seat {
  readonly session: Session;
  /** Queues of its service that are paused. */
  paused: readonly string[] = [];
  /** Whether this instance alone is paused. */
  memberPaused = false;
  readonly #parts: SeatParts;
  readonly #inHand = new InHand();
  readonly #held = this.#inHand.held;
  readonly #loops = new Map<Pool, ConsumerLoop>();
  #drained = false;

  constructor(member: Member, parts: SeatParts) {
    this.#parts = parts;
    this.session = new Session(member, {
      queue: parts.queue,
      clock: parts.clock,
      server: parts.server,
      lostLimit: parts.lostLimit,
      held: () => this.#held.all().map((handling) => handling.delivery.lease),
      onBeat: (beat) => this.#onBeat(beat),
      onEvicted: () => parts.onEvicted(this),
      onError: parts.onError,
    });
  }

  get consumer(): string {
    return this.session.consumer;
  }

  /** Whether all loops that were started still run. */
  get reading(): boolean {
    return [...this.#loops.values()].every((loop) => !loop.broken);
  }

  async open(): Promise<void> {
    await this.session.join();
    await lookAtRoutes(this.session.member, this.#parts.router);
    for (const pool of this.#parts.pools.all) this.#openLoop(pool);
  }

  /** Weight 0: nothing new is taken but what was routed here already. */
  drain(drained: boolean): void {
    this.#drained = drained;
    for (const loop of this.#loops.values()) loop.drain(drained);
  }

  /** Reads nothing more; resolves when what was on its way has been given back. */
  async stopReading(): Promise<void> {
    await Promise.all([...this.#loops.values()].map(async (loop) => await loop.stop()));
  }

  /** As `stopReading`; what was routed here and not started goes to others, and nothing more is routed here. */
  async retire(): Promise<void> {
    const loops = [...this.#loops.values()];
    for (const loop of loops) loop.halt();
    try {
      await this.#parts.queue.setWeight(this.consumer, 0);
    } catch (error) {
      this.#parts.onError(error);
      return await this.stopReading();
    }
    await Promise.all(loops.map(async (loop) => await loop.empty()));
  }

  /** Resolves when nothing is held any more, and what was never started has been given back. */
  async idle(): Promise<void> {
    await this.#inHand.empty();
  }

  /** Ends everything that still runs: `verdict` decides what becomes of each. */
  endAll(reason: Error, verdict: (handling: Handling) => Verdict | undefined): void {
    for (const handling of this.#held.all()) {
      if (handling.finished) continue;
      handling.abort(reason);
      handling.finish(verdict(handling));
    }
  }

  /** Tells the handler of a cancelled task to stop. */
  cancel(unique: string): void {
    for (const handling of this.#held.all()) {
      if (handling.delivery.envelope.unique !== unique) continue;
      handling.cancelled = true;
      handling.abort(new CancelledError(`the ${handling.kind} "${handling.id}" was cancelled`));
    }
  }

  #openLoop(pool: Pool): void {
    const { queue, onError } = this.#parts;
    const reader = queue.reader(this.consumer, pool.name, (lease) => this.#inHand.has(lease));
    const loop = new ConsumerLoop({
      reader,
      pool,
      onDelivery: (delivery) => this.#accept(delivery),
      onSurplus: (delivery) => this.#giveBack(delivery),
      onUndecodable: (entry) => this.#setAside(entry),
      onDisplaced: async () => await this.session.repair(),
      onError: async (error) => {
        onError(error);
        await this.#pause(REST);
      },
    });
    this.#loops.set(pool, loop);
    loop.drain(this.#drained);
    this.#pauseLoop(loop, pool);
    loop.start();
  }

  #accept(delivery: Delivery): void {
    if (this.#held.has(delivery.lease)) {
      // the group was made anew and handed the entry out again: it is in hand already
      const { address } = delivery.envelope;
      this.#parts.pools.of(address).slots.give(address);
      return;
    }
    const handling = new Handling(delivery, this.session, this.#onFinish);
    this.#held.add(handling);
    if (this.session.fresh) this.#start(handling);
    else void this.#startWhenFresh(handling);
  }

  /** After a stall it is not known who holds it: ask before a handler starts. */
  async #startWhenFresh(handling: Handling): Promise<void> {
    while (!handling.finished && !this.session.fresh) {
      if (this.session.over) return handling.finish(undefined);
      await this.session.beat();
      if (!this.session.fresh) await this.#pause(50);
    }
    if (!handling.finished) this.#start(handling);
  }

  #start(handling: Handling): void {
    const { exclusive } = this.#parts;
    if (exclusive.taken) return handling.finish({ type: 'release' });
    const elsewhere = this.#elsewhere(handling.delivery);
    if (elsewhere !== undefined) return handling.finish({ type: 'forward', consumer: elsewhere });
    if (handling.kind === 'request' || (handling.delivery.envelope.lost ?? 0) < SUSPECT) {
      return this.#run(handling);
    }
    exclusive.enter(() => {
      if (handling.finished) return exclusive.resume();
      handling.alone = true;
      this.#run(handling);
    });
  }

  /** Whom a user's own strategy gives a message that whoever was free could read. */
  #elsewhere({ routed, envelope }: Delivery): string | undefined {
    if (routed || envelope.forwarded === true) return undefined;
    const { strategies, pools, router } = this.#parts;
    const { strategy } = strategies.ruleOf(pools.of(envelope.address).queue);
    if (!strategy.startsWith('custom:')) return undefined;
    return router.forward(envelope, this.consumer);
  }

  #run(handling: Handling): void {
    const { registry, exclusive, tasks, requests, clock, server } = this.#parts;
    const { envelope } = handling.delivery;
    const handler = registry.queued(envelope.address);
    if (handler === undefined) return handling.finish({ type: 'release' });
    const { enqueuedAt = 0, ttl } = envelope;
    const left = ttl === undefined ? Infinity : enqueuedAt + ttl - server.now();
    if (left <= 0) return handling.finish({ type: 'expired' });
    handling.started = true;
    exclusive.begin();
    if (handler.kind !== 'request') return tasks.run(handler, handling);
    handling.idempotent = handler.idempotent ?? false;
    if (left !== Infinity) handling.deadline = clock.now() + left;
    requests.run(handler, handling, left);
  }

  readonly #onFinish = (handling: Handling, verdict: Verdict | undefined): void => {
    const { pools, exclusive } = this.#parts;
    const { address } = handling.delivery.envelope;
    const pool = pools.of(address);
    if (pool.slots.give(address)) this.#loops.get(pool)?.refresh();
    if (handling.started) exclusive.end();
    if (handling.alone) exclusive.resume();
    const { delivery } = handling;
    if (verdict === undefined) this.#inHand.forget(delivery.lease);
    else this.#settle(delivery, verdict, () => this.#inHand.forget(delivery.lease));
  };

  #giveBack(delivery: Delivery): void {
    if (this.#held.has(delivery.lease)) return;
    this.#return(delivery, { type: 'release' });
  }

  /** A newer release may read it; nobody can read damaged bytes. */
  #setAside(entry: Undecodable): void {
    const verdict: Verdict = entry.error.retryable
      ? { type: 'release' }
      : {
          type: 'dead',
          reason: 'undecodable',
          error: toPlainError(entry.error),
          consumer: this.consumer,
        };
    const rest = entry.error.retryable ? REST : 0;
    this.#parts.onError(entry.error);
    this.#inHand.returns(entry.lease);
    void this.#pause(rest).then(() => this.#return(entry, verdict));
  }

  /** Ends what was never started. */
  #return(delivery: Delivery | Undecodable, verdict: Verdict): void {
    const { lease } = delivery;
    this.#inHand.returns(lease);
    this.#settle(delivery, verdict, () => this.#inHand.returned(lease));
  }

  /** A result that cannot be delivered is reported; what becomes of the message is decided by its lease. */
  #settle(delivery: Delivery | Undecodable, verdict: Verdict, then?: () => void): void {
    const { queue, abandon, onError } = this.#parts;
    queue.settle(this.consumer, delivery, verdict, abandon).then(then, (error: unknown) => {
      onError(error);
      then?.();
    });
  }

  #onBeat(beat: Beat): void {
    for (const lease of beat.lost) {
      const handling = this.#held.get(lease);
      handling?.abort(new CancelledError(`the lease of "${handling.id}" was lost`));
      handling?.finish(undefined);
    }
    const { paused = [], memberPaused = false } = beat;
    const isNew = memberPaused && !this.memberPaused;
    this.paused = paused;
    this.memberPaused = memberPaused;
    for (const [pool, loop] of this.#loops) this.#pauseLoop(loop, pool);
    this.#parts.onBeat(beat, this);
    if (isNew) for (const loop of this.#loops.values()) void loop.clear();
  }

  #pauseLoop(loop: ConsumerLoop, pool: Pool): void {
    loop.pause(this.memberPaused || this.paused.includes(pool.name));
  }

  async #pause(delay: number): Promise<void> {
    await new Promise<void>((resolve) => this.#parts.clock.after(delay, resolve));
  }
}
