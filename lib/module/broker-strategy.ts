import {
  Server,
  type BaseRpcContext,
  type CustomTransportStrategy,
  type MessageHandler,
  type Transport,
} from '@nestjs/microservices';
import {
  BROKER_TRANSPORT,
  HANDLER_EXTRAS,
  resolveOptions,
  type BrokerOptions,
  type HandlerMetadata,
  type ResolvedOptions,
} from '../config/index.js';
import { ClosedError, InvalidConfigError } from '../errors/index.js';
import type { Runtime } from '../runtime/index.js';
import { BrokerServer, type ServerEvents, type ServerStatus } from '../server/index.js';
import { openRuntime } from './open-runtime.js';
import { toLog } from './to-log.js';

type StartHook = Parameters<Server['setOnProcessingStartHook']>[0];
type EndHook = (transportId: Transport | symbol, context: BaseRpcContext) => void;

/**
 * A broker of its own for Nest's patterns, in the place of `Transport.REDIS`:
 * `NestFactory.createMicroservice(AppModule, { strategy: new BrokerStrategy({ mode: 'redis' }) })`. `serializer` and
 * `deserializer` of its options are those of a server. An app with `@OnTask` and its like uses `BrokerModule` and
 * {@link brokerMicroservice} instead.
 * @publicApi
 */
export class BrokerStrategy
  extends Server<ServerEvents, ServerStatus>
  implements CustomTransportStrategy
{
  /** For which transport of handlers it stands; `setTransportId` changes it. */
  override transportId: Transport | symbol = BROKER_TRANSPORT;
  /** Failures of events are reported by us: Nest need not log them. */
  override readonly propagatesEventHandlerErrors = true;
  private readonly options: ResolvedOptions;
  /** What was said before there was a server to say it to. */
  private readonly early: ((server: BrokerServer) => void)[] = [];
  private opening: Promise<BrokerServer> | undefined;
  private opened: BrokerServer | undefined;
  private closing: Promise<void> | undefined;

  /** @throws InvalidConfigError, InvalidNameError */
  constructor(options: BrokerOptions = {}) {
    super();
    this.options = resolveOptions(options);
  }

  /** Called by Nest. @throws InvalidConfigError for handlers that need the module */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    refuseOwn(extras[HANDLER_EXTRAS] as HandlerMetadata | undefined);
    callback.isEventHandler = isEventHandler;
    callback.extras = extras;
    this.messageHandlers.set(this.normalizePattern(pattern as string), callback);
    this.tell((server) => server.addHandler(pattern, callback, isEventHandler, extras));
  }

  /** Called by Nest: `listen()` of a microservice and `startAllMicroservices()`. */
  listen(callback: (error?: unknown) => unknown): void {
    this.start().then((server) => server.listen(callback), callback);
  }

  /** Waits for running handlers, gives the rest back and disconnects. Safe to repeat. */
  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  /** Listens to what the broker says of itself; before the start, too. */
  on<E extends keyof ServerEvents, C extends ServerEvents[E]>(event: E, callback: C): void {
    this.tell((server) => server.on(event, callback));
  }

  /** The runtime behind this strategy, once it listens. */
  unwrap<T>(): T {
    if (this.opened === undefined) {
      throw new ClosedError('the strategy does not listen yet: start the microservice first');
    }
    return this.opened.unwrap<T>();
  }

  /** Called by Nest, which puts its work around every call of a handler. */
  override setOnProcessingStartHook(hook: StartHook): void {
    this.tell((server) => server.setOnProcessingStartHook(hook));
  }

  /** Called by Nest: what to do when a handler has ended. */
  override setOnProcessingEndHook(hook: EndHook): void {
    this.tell((server) => server.setOnProcessingEndHook(hook));
  }

  private tell(say: (server: BrokerServer) => void): void {
    if (this.opened === undefined) this.early.push(say);
    else say(this.opened);
  }

  private start(): Promise<BrokerServer> {
    return (this.opening ??= this.open());
  }

  private async open(): Promise<BrokerServer> {
    const { options } = this;
    const log = toLog(options.logger);
    const runtime = await openRuntime(options, log);
    try {
      const server = new BrokerServer({ runtime, options, log });
      server.status.subscribe((status) => this._status$.next(status));
      server.usePackets(options);
      for (const say of this.early.splice(0)) say(server);
      this.opened = server;
      await server.ready(false);
      return server;
    } catch (error) {
      await runtime.close();
      throw error;
    }
  }

  private async end(): Promise<void> {
    // what could not be opened need not be closed; whoever wanted it was told why
    const server = await this.opening?.catch(() => undefined);
    await server?.close();
    await server?.unwrap<Runtime>().close();
  }
}

function refuseOwn(metadata: HandlerMetadata | undefined): void {
  if (metadata === undefined) return;
  const { kind, name, declaredOn } = metadata;
  throw new InvalidConfigError(
    `${declaredOn.constructor.name} handles the ${kind} "${name}", which needs BrokerModule.forRoot() and brokerMicroservice(): a BrokerStrategy knows Nest's own patterns only`,
  );
}
