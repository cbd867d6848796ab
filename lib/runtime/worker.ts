import {
  type Backend,
  type Beat,
  type Clock,
  type TurnsPort,
  type Unsubscribe,
  decodeControl,
} from '../backend/index.js';
import { CancelledError, InvalidConfigError, toPlainError } from '../errors/index.js';
import { DeadPeers } from './dead-peers.js';
import { DelayedTimer } from './delayed-timer.js';
import type { EventLosses } from './event-losses.js';
import { EventPump } from './event-pump.js';
import { Exclusive } from './exclusive.js';
import { Announcer } from './announcer.js';
import { CrowdWatch } from './crowd-watch.js';
import type { Observers } from './observers.js';
import type { HandlerRegistry } from './handler-registry.js';
import { giveBack } from './give-back.js';
import { Housekeeper } from './housekeeper.js';
import { newConsumerId, newMember } from './member.js';
import type { PayloadEncoder } from './payload-encoder.js';
import { Pools } from './pools.js';
import { Relief } from './relief.js';
import { newRunners } from './runners.js';
import type { Router } from './router.js';
import { Seat, type SeatParts } from './seat.js';
import { ServerClock } from './server-clock.js';
import type { RuntimeLog, RuntimeSettings } from './settings.js';
import { Standing } from './standing.js';
import type { Strategies } from './strategies.js';
import { SubscriptionKeeper } from './subscription-keeper.js';
import type { TypedEvents } from './typed-events.js';
import { within } from './within.js';
import type { RuntimeEvents } from './runtime.js';

/** Pause before a failed join is tried again, in ms. */
const REJOIN = 500;
/** How long results may still be delivered after the grace time, in ms. */
const FLUSH = 2_000;

export interface WorkerParts {
  readonly backend: Backend;
  readonly turns?: TurnsPort | undefined;
  readonly clock: Clock;
  readonly settings: RuntimeSettings;
  readonly registry: HandlerRegistry;
  readonly payloads: PayloadEncoder;
  readonly strategies: Strategies;
  readonly router: Router;
  readonly log: RuntimeLog;
  readonly events: TypedEvents<RuntimeEvents>;
  readonly losses: EventLosses;
  readonly observers: Observers;
}

/** The receiving half: joins, reads, runs handlers, and leaves in peace. Rejoins by itself after an eviction. */
export class Worker {
  readonly #parts: WorkerParts;
  readonly #seatParts: SeatParts;
  readonly #timer: DelayedTimer;
  readonly #pump: EventPump;
  readonly #housekeeper: Housekeeper;
  readonly #relief: Relief;
  readonly #crowd: CrowdWatch;
  readonly #keeper: SubscriptionKeeper;
  readonly #announcer: Announcer;
  readonly #deadPeers: DeadPeers;
  readonly #abandon = new AbortController();
  readonly #instance: string;
  #seat: Seat | undefined;
  readonly #standing: Standing;
  readonly #unsubscribe: Unsubscribe[] = [];
  #stopping = false;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    const { backend, clock, settings, registry, payloads, strategies, router, log, losses } = parts;
    const { heartbeatTtl, cleanupInterval, stealAfter, weight } = settings.balancer;
    const { lostLimit } = settings.tasks;
    const server = new ServerClock(clock);
    const pools = new Pools(settings, registry);
    const onError = (error: unknown): void => this.#report(error);
    const common = { queue: backend.queue, clock, onError };
    this.#instance = newConsumerId(settings.service);
    this.#standing = new Standing(weight);
    this.#timer = new DelayedTimer({ ...common, server });
    this.#pump = new EventPump({
      bus: backend.bus,
      payloads,
      handlers: registry.events,
      consumerId: this.#instance,
      observers: parts.observers,
      onError,
      onDrop: (dropped) => losses.drop(dropped),
      onGap: () => losses.gap(),
    });
    const [interval, alert] = [cleanupInterval, heartbeatTtl * 2];
    this.#housekeeper = new Housekeeper({ ...common, interval, alert, lostLimit, log });
    this.#crowd = new CrowdWatch({ ...common, pools, strategies, interval, log });
    this.#keeper = new SubscriptionKeeper({ ...common, ...parts, interval });
    this.#relief = new Relief({ ...common, pools, stealAfter });
    this.#announcer = new Announcer(parts.turns, onError);
    const peers = { inspector: backend.inspector, service: settings.service, ttl: heartbeatTtl };
    this.#deadPeers = new DeadPeers({ ...common, ...peers, lostLimit });
    this.#seatParts = {
      ...common,
      ...newRunners({ ...parts, server }, onError),
      server,
      registry,
      pools,
      strategies,
      router,
      exclusive: new Exclusive(pools.all.map(({ slots }) => slots)),
      lostLimit,
      abandon: this.#abandon.signal,
      onBeat: (beat, seat) => this.#onBeat(beat, seat),
      onEvicted: (seat) => this.#onEvicted(seat),
    };
  }

  /** The consumer id of the membership that stands. */
  get consumerId(): string | undefined {
    return this.#seat?.session.over === false ? this.#seat.consumer : undefined;
  }

  get sinceBeat(): number | undefined {
    return this.consumerId === undefined ? undefined : this.#seat?.session.sinceBeat;
  }

  /** Whether nothing has ended that should read. */
  get reading(): boolean {
    return this.#seat?.reading ?? true;
  }

  get paused(): readonly string[] {
    return this.#seat?.paused ?? [];
  }

  get memberPaused(): boolean {
    return this.#seat?.memberPaused ?? false;
  }

  get fresh(): boolean {
    return this.#seat?.session.fresh ?? false;
  }

  /** May be tried again after a failure: what was begun is undone. */
  async start(): Promise<void> {
    try {
      await this.#pump.start();
      if (this.#parts.registry.addresses.length > 0) await this.#join();
    } catch (error) {
      for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
      await this.#pump.stop();
      throw error;
    }
  }

  async #join(): Promise<void> {
    const { backend } = this.#parts;
    const control = backend.bus.channel('control');
    this.#unsubscribe.push(
      await backend.bus.subscribe(control, (message) => this.#onControl(message)),
      backend.onLink((state) => {
        if (state === 'up') void this.#seat?.session.beat();
      }),
    );
    const seat = this.#newSeat();
    await this.#open(seat);
    this.#take(seat);
    if (this.#parts.settings.balancer.rebalance) await this.#relief.share(seat.consumer);
  }

  /** Dead instances that nobody evicted keep nobody away. @throws InvalidConfigError when living ones follow another strategy */
  async #open(seat: Seat): Promise<void> {
    try {
      await seat.open();
    } catch (error) {
      if (!(error instanceof InvalidConfigError) || !(await this.#deadPeers.evict())) throw error;
      await seat.open();
    }
  }

  #newSeat(): Seat {
    const parts = { ...this.#parts, pools: this.#seatParts.pools };
    return new Seat(newMember(parts, this.#standing), this.#seatParts);
  }

  /** Takes nothing new, waits for what runs, gives the rest back, leaves. */
  async drain(): Promise<void> {
    this.#stopping = true;
    this.#timer.stop();
    this.#relief.stop();
    const seat = this.#seat;
    const reading = seat?.retire();
    const idle = Promise.all([reading?.then(async () => await seat?.idle()), this.#pump.stop()]);
    if (!(await within(this.#parts.clock, idle, this.#parts.settings.grace))) {
      this.#pump.abort();
      const reason = new CancelledError('the instance shuts down and its grace time is over');
      seat?.endAll(reason, giveBack);
      if (!(await within(this.#parts.clock, idle, FLUSH))) this.#abandon.abort();
    }
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    this.#seatParts.requests.close();
    await this.#announcer.leave();
    await this.#leave(seat);
  }

  async #leave(seat: Seat | undefined): Promise<void> {
    if (seat === undefined || seat.session.over) return;
    try {
      await seat.session.leave();
    } catch (error) {
      // the others evict it when its time is over
      this.#report(error);
    }
  }

  #take(seat: Seat): void {
    this.#seat = seat;
    this.#relief.start(seat.consumer);
    void this.#keeper.catchUp();
    const { share: weight } = this.#standing;
    void this.#announcer.announce({ ...seat.session.member, paused: false, weight });
    this.#parts.events.emit('joined', { consumer: seat.consumer });
  }

  #onBeat(beat: Beat, seat: Seat): void {
    this.#timer.next(beat.nextDue, beat.leader);
    this.#standing.note(beat, seat.session.lastBeat);
    this.#setShare(this.#standing.share, seat);
    void this.#announcer.beat();
    if (beat.leader) {
      void this.#crowd.look();
      void this.#keeper.look();
    }
    if (!this.#stopping) this.#housekeeper.tidy(beat, seat.consumer);
  }

  #setShare(share: number, seat: Seat): void {
    seat.drain(share === 0);
    void this.#announcer.setWeight(share);
  }

  #onEvicted(seat: Seat): void {
    const { log, events } = this.#parts;
    log.warn(`${seat.consumer} was evicted; its work went to others, it joins again`);
    events.emit('evicted', { consumer: seat.consumer });
    seat.endAll(
      new CancelledError('the lease was lost: the instance was evicted'),
      () => undefined,
    );
    void seat.stopReading().catch((error: unknown) => this.#report(error));
    void this.#rejoin();
  }

  async #rejoin(): Promise<void> {
    const { clock } = this.#parts;
    while (!this.#stopping) {
      const seat = this.#newSeat();
      try {
        await this.#open(seat);
      } catch (error) {
        this.#report(error);
        await new Promise<void>((resolve) => clock.after(REJOIN, resolve));
        continue;
      }
      this.#take(seat);
      // the shutdown began while it joined
      if (this.#stopping) await this.drain();
      return;
    }
  }

  #onControl(message: Buffer): void {
    const said = decodeControl(message.toString());
    if (said?.type === 'due') this.#timer.hear(said.at);
    if (said?.type === 'cancel' && said.consumer === this.#seat?.consumer) {
      this.#seat.cancel(said.unique);
    }
    if (said?.type === 'pause' && said.service === this.#parts.settings.service) this.#ask();
    if (said?.type !== 'members') return;
    if (said.change === 'evicted') this.#housekeeper.watch();
    if (said.change !== 'weight' || said.consumer !== this.#seat?.consumer) return;
    this.#standing.hear(said.weight, this.#parts.clock.monotonic());
    this.#setShare(said.weight, this.#seat);
    this.#ask();
  }

  /** What has changed comes with a beat; one under way may have left before. */
  #ask(): void {
    void this.#seat?.session.beat().then(() => this.#seat?.session.beat());
  }

  #report(error: unknown): void {
    const { message, name, stack } = toPlainError(error, { stack: true });
    this.#parts.log.error(`${name}: ${message}`, stack);
  }
}
