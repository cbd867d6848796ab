import {
  Server,
  type CustomTransportStrategy,
  type MessageHandler,
  type Transport,
} from '@nestjs/microservices';
import type { BalanceStrategy } from '../balancer/index.js';
import {
  BROKER_TRANSPORT,
  HANDLER_EXTRAS,
  type HandlerMetadata,
  type ResolvedOptions,
} from '../config/index.js';
import { BackendUnavailableError, InvalidConfigError } from '../errors/index.js';
import type { Runtime, RuntimeLog } from '../runtime/index.js';
import { bootLine } from './boot-line.js';
import type { Call, FoundHandler } from './found-handler.js';
import type { OfferedHandler } from './handler-explorer.js';
import { HandlerList } from './handler-list.js';
import { Packets, type PacketOptions } from './packets.js';
import { ProcessingHooks } from './processing-hooks.js';
import { toRuntimeHandler } from './runtime-handler.js';
import type { ServerEvents, ServerStatus } from './server-events.js';

export interface ServerParts {
  readonly runtime: Runtime;
  readonly options: ResolvedOptions;
  readonly log: RuntimeLog;
}

/**
 * The receiving side of a broker, and the strategy behind `brokerMicroservice()`. It takes work once the app has
 * been initialised and somebody wants it to: the module by itself, or Nest by `listen`.
 * Members are `private`, not `#`: Nest can hand out instances behind a Proxy.
 * @publicApi
 */
export class BrokerServer
  extends Server<ServerEvents, ServerStatus>
  implements CustomTransportStrategy
{
  /** For which transport of handlers it stands. */
  override transportId: Transport | symbol = BROKER_TRANSPORT;
  /** Failures of events are reported by us: Nest need not log them. */
  override readonly propagatesEventHandlerErrors = true;
  private readonly parts: ServerParts;
  private readonly handlers = new HandlerList();
  private readonly offers: OfferedHandler[] = [];
  private readonly hooks = new ProcessingHooks(BROKER_TRANSPORT);
  private packets = this.packetsWith({});
  private provided: BalanceStrategy | undefined;
  private inherits = false;
  private isAttached = false;
  private isOffered = false;
  private isReady = false;
  private isWanted = false;
  private starting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  constructor(parts: ServerParts) {
    super();
    this.parts = parts;
    parts.runtime.on('link', (link) =>
      this._status$.next(link === 'up' ? 'connected' : 'disconnected'),
    );
  }

  /** Our own handlers as Nest would call them; the explorer of the module finds them by itself. */
  get offered(): readonly OfferedHandler[] {
    return this.offers;
  }

  /** Whether the app's global enhancers stand before the handlers although it is an HTTP app. */
  get inheritsAppConfig(): boolean {
    return this.inherits;
  }

  /** Handlers run behind what is global in the app. */
  inheritAppConfig(): void {
    this.inherits = true;
  }

  /** Reads messages and makes replies with Nest's serializers. */
  usePackets(options: PacketOptions): void {
    this.packets = this.packetsWith(options);
  }

  /** Adds what the explorer found. @throws DuplicateHandlerError, InvalidNameError */
  addFound(handlers: Iterable<FoundHandler>): void {
    for (const handler of handlers) this.add(handler);
  }

  /** Called by Nest, for `@MessagePattern` and `@EventPattern` too. @throws DuplicateHandlerError, InvalidNameError */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    const metadata = extras[HANDLER_EXTRAS] as HandlerMetadata | undefined;
    const call: Call = (data, context) => callback(data, context);
    this.isOffered = true;
    if (metadata !== undefined) {
      this.offers.push({ metadata, call });
      return;
    }
    const name = this.normalizePattern(pattern as string);
    const kind = isEventHandler ? 'event' : 'request';
    this.add({ kind, name, origin: `a pattern of Nest`, call });
    callback.isEventHandler = isEventHandler;
    callback.extras = extras;
    this.messageHandlers.set(name, callback);
  }

  /** Called by Nest: `startAllMicroservices()` and `listen()` of a microservice. Safe to repeat. */
  listen(callback: (error?: unknown) => unknown): void {
    this.isWanted = true;
    const done = this.isReady ? this.start() : this.parts.runtime.connect();
    done.then(() => callback(), callback);
  }

  /** Takes the app's own strategy; what the options say stands above it. */
  provideStrategy(strategy: BalanceStrategy): void {
    const { runtime, options, log } = this.parts;
    const { strategy: set } = options.settings.balancer;
    if (set !== undefined) {
      log.warn('balancer.strategy is set, so what is provided under BALANCE_STRATEGY is not used');
    }
    runtime.provideStrategy(strategy);
    this.provided = strategy;
  }

  /** Called when the app is initialised: until then no handler runs. Safe to repeat. */
  async ready(autoStart: boolean): Promise<void> {
    // the app was closed while it started
    if (this.closing !== undefined) return;
    // `init()` of a microservice runs the hooks, registers its handlers, and runs the hooks once more
    const isComplete = !this.isAttached || this.isOffered || this.isReady;
    this.isReady = true;
    if (this.isWanted || (autoStart && isComplete)) await this.start();
  }

  /** Called when the server was given to Nest as a strategy: Nest registers handlers, too. */
  attach(): void {
    this.isAttached = true;
  }

  /**
   * Takes nothing new, waits for running handlers, gives the rest back. The client works until the app shuts its
   * connections down. Safe to repeat.
   */
  close(): Promise<void> {
    return (this.closing ??= this.drain());
  }

  /** Ends everything, connections included, for an app that could not start. */
  async abandon(): Promise<void> {
    // an app that is being closed closes its connections when all its hooks are done
    if (this.closing === undefined) await this.parts.runtime.close();
  }

  /** Listens to what the broker says of itself. @returns ends it */
  on<E extends keyof ServerEvents, C extends ServerEvents[E]>(event: E, callback: C): () => void {
    return this.parts.runtime.on(event, callback);
  }

  /** The runtime behind this server. */
  unwrap<T>(): T {
    return this.parts.runtime as T;
  }

  /** Called by Nest, which puts its work around every call of a handler. */
  override setOnProcessingStartHook(hook: ProcessingHooks['start']): void {
    this.hooks.start = hook;
  }

  /** Called by Nest: what to do when a handler has ended. */
  override setOnProcessingEndHook(hook: ProcessingHooks['end']): void {
    this.hooks.end = hook;
  }

  private packetsWith(options: PacketOptions): Packets {
    // it knows Nest's default, which Nest does not export
    this.initializeDeserializer({});
    return new Packets(options, this.deserializer);
  }

  private add(handler: FoundHandler): void {
    if (this.starting !== undefined) {
      throw new InvalidConfigError(
        `the broker "${this.parts.options.name}" takes work already: add handlers before the app starts`,
      );
    }
    this.handlers.add(handler);
  }

  private start(): Promise<void> {
    return (this.starting ??= this.join());
  }

  private async join(): Promise<void> {
    const { runtime, options, log } = this.parts;
    const { hooks, packets } = this;
    const { backoff } = options.settings.tasks;
    for (const handler of this.handlers) {
      runtime.handle(toRuntimeHandler(handler, { hooks, packets, backoff }));
    }
    try {
      await runtime.start();
    } catch (error) {
      // who only sends can do without a backend for a while; handlers that do not run would go unnoticed
      if (this.handlers.size > 0 || !(error instanceof BackendUnavailableError)) throw error;
      log.warn(`the broker "${options.name}" starts without a connection: ${error.message}`);
    }
    log.log(bootLine(options, this.handlers.describe(), this.provided));
  }

  private async drain(): Promise<void> {
    this._status$.next('draining');
    await this.parts.runtime.drain();
    this._status$.next('drained');
  }
}
