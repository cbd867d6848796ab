import {
  type Backend,
  type Beat,
  type Clock,
  type Unsubscribe,
  decodeControl,
} from '../backend/index.js';
import { CancelledError, toPlainError } from '../errors/index.js';
import { DelayedTimer } from './delayed-timer.js';
import { EventPump } from './event-pump.js';
import { Exclusive } from './exclusive.js';
import type { HandlerRegistry } from './handler-registry.js';
import { giveBack } from './give-back.js';
import { Housekeeper } from './housekeeper.js';
import { newConsumerId, newMember } from './member.js';
import type { PayloadEncoder } from './payload-encoder.js';
import { RequestRunner } from './request-runner.js';
import { Seat, type SeatParts } from './seat.js';
import { ServerClock } from './server-clock.js';
import type { RuntimeLog, RuntimeSettings } from './settings.js';
import { Slots } from './slots.js';
import { TaskRunner } from './task-runner.js';
import type { TypedEvents } from './typed-events.js';
import type { RuntimeEvents } from './runtime.js';

/** Pause before a failed join is tried again, in ms. */
const REJOIN = 500;
/** How long results may still be delivered after the grace time, in ms. */
const FLUSH = 2_000;

export interface WorkerParts {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly settings: RuntimeSettings;
  readonly registry: HandlerRegistry;
  readonly payloads: PayloadEncoder;
  readonly log: RuntimeLog;
  readonly events: TypedEvents<RuntimeEvents>;
}

/** The receiving half: joins, reads, runs handlers, and leaves in peace. Rejoins by itself after an eviction. */
export class Worker {
  readonly #parts: WorkerParts;
  readonly #seatParts: SeatParts;
  readonly #timer: DelayedTimer;
  readonly #pump: EventPump;
  readonly #housekeeper: Housekeeper;
  readonly #abandon = new AbortController();
  readonly #instance: string;
  #seat: Seat | undefined;
  readonly #unsubscribe: Unsubscribe[] = [];
  #stopping = false;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    const { backend, clock, settings, registry, payloads } = parts;
    const server = new ServerClock(clock);
    const onError = (error: unknown): void => this.#report(error);
    this.#instance = newConsumerId(settings.service);
    this.#timer = new DelayedTimer({ queue: backend.queue, clock, server, onError });
    this.#pump = new EventPump({
      bus: backend.bus,
      payloads,
      handlers: registry.events,
      consumerId: this.#instance,
      onError,
      onDrop: (dropped) => this.#reportDrop(dropped),
    });
    const { lostLimit } = settings.tasks;
    this.#housekeeper = new Housekeeper({
      queue: backend.queue,
      lostLimit,
      log: parts.log,
      onError,
    });
    const slots = toSlots(settings, registry);
    this.#seatParts = {
      queue: backend.queue,
      clock,
      server,
      registry,
      slots,
      exclusive: new Exclusive([slots.task, slots.request]),
      tasks: new TaskRunner({ clock, payloads, defaults: settings.tasks }),
      requests: new RequestRunner({
        bus: backend.bus,
        clock,
        payloads,
        sendTimeout: settings.sendTimeout,
      }),
      lostLimit,
      abandon: this.#abandon.signal,
      onBeat: (beat, seat) => this.#onBeat(beat, seat),
      onEvicted: (seat) => this.#onEvicted(seat),
      onError,
    };
  }

  /** The consumer id of the membership that stands. */
  get consumerId(): string | undefined {
    return this.#seat?.session.over === false ? this.#seat.consumer : undefined;
  }

  get sinceBeat(): number | undefined {
    return this.consumerId === undefined ? undefined : this.#seat?.session.sinceBeat;
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
    const { backend, settings, registry } = this.#parts;
    const control = backend.bus.channel('control');
    this.#unsubscribe.push(
      await backend.bus.subscribe(control, (message) => this.#onControl(message)),
      backend.onLink((state) => {
        if (state === 'up') void this.#seat?.session.beat();
      }),
    );
    const seat = new Seat(newMember(settings, registry), this.#seatParts);
    await seat.open();
    this.#take(seat);
  }

  /** Takes nothing new, waits for what runs, gives the rest back, leaves. */
  async drain(): Promise<void> {
    this.#stopping = true;
    this.#timer.stop();
    const seat = this.#seat;
    const reading = seat?.stopReading();
    const idle = Promise.all([reading?.then(async () => await seat?.idle()), this.#pump.stop()]);
    if (!(await this.#within(idle, this.#parts.settings.grace))) {
      this.#pump.abort();
      const reason = new CancelledError('the instance shuts down and its grace time is over');
      seat?.endAll(reason, giveBack);
      if (!(await this.#within(idle, FLUSH))) this.#abandon.abort();
    }
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
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
    this.#parts.events.emit('joined', { consumer: seat.consumer });
  }

  #onBeat(beat: Beat, seat: Seat): void {
    this.#timer.next(beat.nextDue, beat.leader);
    if (!this.#stopping) this.#housekeeper.tidy(beat, seat.consumer);
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
    const { settings, registry, clock } = this.#parts;
    while (!this.#stopping) {
      const seat = new Seat(newMember(settings, registry), this.#seatParts);
      try {
        await seat.open();
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
  }

  async #within(done: Promise<unknown>, time: number): Promise<boolean> {
    return await new Promise((resolve) => {
      const timer = this.#parts.clock.after(time, () => resolve(false));
      void done.then(() => {
        timer.cancel();
        resolve(true);
      });
    });
  }

  #report(error: unknown): void {
    const { message, name, stack } = toPlainError(error, { stack: true });
    this.#parts.log.error(`${name}: ${message}`, stack);
  }

  #reportDrop(dropped: number): void {
    // the first one, then at every power of ten
    if (Number.isInteger(Math.log10(dropped))) {
      this.#parts.log.warn(`event handlers do not keep up: ${dropped} events dropped so far`);
    }
  }
}

function toSlots(
  settings: RuntimeSettings,
  registry: HandlerRegistry,
): { readonly task: Slots; readonly request: Slots } {
  const limits = new Map(
    registry.addresses.flatMap(([address, { concurrency }]) =>
      concurrency === undefined ? [] : [[address, concurrency] as const],
    ),
  );
  return {
    task: new Slots(settings.maxJobs, limits),
    request: new Slots(settings.rpc.maxJobs, limits),
  };
}
