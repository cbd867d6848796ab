import type { BalanceStrategy } from '../balancer/index.js';
import {
  type Backend,
  type Clock,
  type TurnsPort,
  decodeControl,
  systemClock,
} from '../backend/index.js';
import type { PayloadCodec } from '../codec/index.js';
import { ClosedError } from '../errors/index.js';
import { MessageIds } from '../message/index.js';
import { checkHealth } from './check-health.js';
import { EventLosses } from './event-losses.js';
import type { Handler } from './handler.js';
import { HandlerRegistry } from './handler-registry.js';
import type { BrokerObserver } from './observer.js';
import { ObservedSender } from './observed-sender.js';
import { Observers } from './observers.js';
import { PayloadEncoder } from './payload-encoder.js';
import { Rates } from './rates.js';
import { Requester } from './requester.js';
import { RetryingRequester } from './retrying-requester.js';
import { Router } from './router.js';
import type {
  BrokerStats,
  Health,
  PausedQueue,
  Runtime,
  RuntimeEvents,
  Sender,
} from './runtime.js';
import { MessageSender } from './sender.js';
import type { RuntimeLog, RuntimeSettings, Strategy } from './settings.js';
import { Strategies } from './strategies.js';
import { TypedEvents } from './typed-events.js';
import { Worker } from './worker.js';

export interface RuntimeParts {
  readonly backend: Backend;
  /** Decides turns, where the balancer has a place of its own. */
  readonly turns?: TurnsPort | undefined;
  readonly settings: RuntimeSettings;
  readonly codec: PayloadCodec;
  readonly log: RuntimeLog;
  readonly clock?: Clock;
}

export const createRuntime = (parts: RuntimeParts): Runtime => new BrokerRuntime(parts);

/** Puts the moving parts together and starts and stops them in order, each once. */
class BrokerRuntime implements Runtime {
  readonly sender: Sender;
  readonly #backend: Backend;
  readonly #events: TypedEvents<RuntimeEvents>;
  readonly #losses: EventLosses;
  readonly #rates = new Rates();
  readonly #observers: Observers;
  readonly #registry: HandlerRegistry;
  readonly #requester: Requester;
  readonly #parts: RuntimeParts;
  readonly #payloads: PayloadEncoder;
  readonly #clock: Clock;
  readonly #strategies: Strategies;
  readonly #router: Router;
  /** Whether this process routes what it sends. */
  #routes = false;
  #watching: Promise<unknown> | undefined;
  #worker: Worker | undefined;
  #connecting: Promise<void> | undefined;
  #connected = false;
  #starting: Promise<void> | undefined;
  #draining: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: RuntimeParts) {
    const { backend, settings, codec, log, clock = systemClock } = parts;
    const { queue, bus } = backend;
    const onError = (error: unknown): void => log.error(String(error));
    this.#registry = new HandlerRegistry(settings.service);
    const ids = new MessageIds();
    const payloads = new PayloadEncoder(codec, settings.maxPayload);
    const { sendTimeout, tasks, rpc } = settings;
    this.#strategies = new Strategies(settings.balancer, settings.queues);
    const own = (name: string): BalanceStrategy | undefined => this.#strategies.own(name);
    this.#router = new Router({
      queue,
      clock,
      turns: parts.turns,
      own,
      onError,
      onUse: () => {
        this.#routes = true;
        this.#watchMembers();
      },
    });
    const common = { queue, bus, ids, payloads, router: this.#router };
    const messages = new MessageSender({
      ...common,
      sendTimeout,
      dedupeWindow: tasks.dedupeWindow,
    });
    this.#requester = new Requester({
      ...common,
      clock,
      timeout: rpc.timeout,
      mode: rpc.mode,
      dedupeWindow: tasks.dedupeWindow,
      sendTimeout,
      onError,
    });
    this.#observers = new Observers(clock, onError);
    const requester = new RetryingRequester(this.#requester, { clock, rpc });
    this.sender = new ObservedSender(toSender(messages, requester), this.#observers);
    this.#parts = parts;
    this.#backend = backend;
    this.#clock = clock;
    this.#payloads = payloads;
    this.#events = new TypedEvents(onError);
    backend.onLink((state) => this.#events.emit('link', state));
    this.#losses = new EventLosses({ clock, log, events: this.#events });
  }

  get deadLetters(): Backend['deadLetters'] {
    return this.#backend.deadLetters;
  }

  get inspector(): Backend['inspector'] {
    return this.#backend.inspector;
  }

  get consumerId(): string | undefined {
    return this.#worker?.consumerId;
  }

  get strategy(): Strategy {
    return this.#strategies.main;
  }

  provideStrategy(strategy: BalanceStrategy): void {
    this.#strategies.provide(strategy);
  }

  async setWeight(consumer: string, weight: number): Promise<boolean> {
    return await this.#backend.queue.setWeight(consumer, weight);
  }

  async pause({ queue, service, requests }: PausedQueue, paused: boolean): Promise<void> {
    const whose = service ?? this.#parts.settings.service;
    const pools = requests ? [`t:${queue}`, `r:${queue}`] : [`t:${queue}`];
    for (const pool of pools) await this.#backend.queue.pause(whose, pool, paused);
  }

  async pauseMember(consumer: string, paused: boolean): Promise<boolean> {
    return await this.#backend.queue.pauseMember(consumer, paused);
  }

  handle(handler: Handler): void {
    if (this.#starting !== undefined)
      throw new ClosedError('handlers are registered before the start');
    this.#registry.add(handler);
  }

  async connect(): Promise<void> {
    if (this.#closing !== undefined) throw new ClosedError();
    this.#connecting ??= this.#backend.connect();
    try {
      await this.#connecting;
      this.#connected = true;
      this.#watchMembers();
    } catch (error) {
      this.#connecting = undefined;
      throw error;
    }
  }

  async start(): Promise<void> {
    if (this.#draining !== undefined) throw new ClosedError();
    this.#starting ??= this.#start();
    try {
      await this.#starting;
    } catch (error) {
      this.#starting = undefined;
      throw error;
    }
  }

  async drain(): Promise<void> {
    this.#draining ??= this.#drain();
    await this.#draining;
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async health(): Promise<Health> {
    return await checkHealth({
      backend: this.#backend,
      clock: this.#clock,
      worker: this.#worker,
      handles: this.#registry.addresses.length > 0 && this.#starting !== undefined,
      draining: this.#draining !== undefined,
      closed: this.#closing !== undefined,
    });
  }

  async stats(): Promise<BrokerStats> {
    const stats = await this.#backend.inspector.stats();
    const rates = this.#rates.take(stats);
    return { ...stats, ...(rates && { rates }), events: this.#losses.stats };
  }

  on<E extends keyof RuntimeEvents>(
    event: E,
    listener: (value: RuntimeEvents[E]) => void,
  ): () => void {
    const off = this.#events.on(event, listener);
    if (event === 'members') this.#watchMembers();
    return off;
  }

  observe(observer: BrokerObserver): () => void {
    return this.#observers.add(observer);
  }

  /** Listens to the control channel once somebody here wants to know who comes and goes. */
  #watchMembers(): void {
    const isWanted = this.#routes || this.#events.has('members');
    if (!isWanted || !this.#connected || this.#watching !== undefined) return;
    const { bus } = this.#backend;
    this.#watching = bus.subscribe(bus.channel('control'), (message) => {
      const said = decodeControl(message.toString());
      if (said?.type !== 'members') return;
      this.#router.renew();
      this.#events.emit('members', said);
    });
    this.#watching.catch((error: unknown) => {
      this.#watching = undefined;
      this.#parts.log.error(`changes of the membership cannot be heard: ${String(error)}`);
    });
  }

  async #start(): Promise<void> {
    await this.connect();
    if (this.#draining !== undefined) return;
    const { settings, log } = this.#parts;
    this.#worker ??= new Worker({
      backend: this.#backend,
      turns: this.#parts.turns,
      clock: this.#clock,
      settings,
      registry: this.#registry,
      payloads: this.#payloads,
      strategies: this.#strategies,
      router: this.#router,
      log,
      events: this.#events,
      losses: this.#losses,
      observers: this.#observers,
    });
    await this.#worker.start();
  }

  async #drain(): Promise<void> {
    // a start under way ends first, so that nothing is left half joined; its own caller learns how it ended
    await this.#starting?.catch(() => undefined);
    await this.#worker?.drain();
  }

  async #close(): Promise<void> {
    // a connection that is still tried for is given up first, or everything would wait for it
    if (!this.#connected) await this.#backend.close();
    await this.drain();
    this.#router.close();
    this.#requester.close();
    await this.#parts.turns?.close();
    await this.#backend.close();
  }
}

function toSender(messages: MessageSender, requester: RetryingRequester): Sender {
  return {
    enqueue: (tasks) => messages.enqueue(tasks),
    publish: async (name, data, options) => await messages.publish(name, data, options),
    cancel: async (id) => await messages.cancel(id),
    request: (name, data, options, observer) => requester.request(name, data, options, observer),
  };
}
