import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import type { CancelResult } from '../backend/index.js';
import type { ResolvedOptions } from '../config/index.js';
import { ClosedError, rejected } from '../errors/index.js';
import type {
  BrokerObserver,
  BrokerStats,
  Enqueued,
  Health,
  Runtime,
  TaskToSend,
} from '../runtime/index.js';
import type {
  EnqueueOptions,
  PauseOptions,
  PublishOptions,
  RequestOptions,
} from './call-options.js';
import type { ClientEvents, ClientStatus } from './client-events.js';
import type {
  BrokerContract,
  EventArguments,
  FreeName,
  FreePattern,
  InGroup,
  Loose,
  Name,
  NestData,
  Reply,
  RequestArguments,
  TaskArguments,
  TaskMessage,
} from './contract.js';
import { DeadLetters } from './dead-letters.js';
import { Early } from './early.js';
import { BrokerGroupClient } from './group-client.js';
import { Messages } from './messages.js';
import { toNestError } from './nest-error.js';
import { toOutgoing, type Outgoing } from './outgoing.js';
import {
  checkTaskList,
  parseEnqueueOptions,
  parsePausedQueue,
  parsePublishOptions,
  parseRequestOptions,
} from './parse-call-options.js';
import { readReply, type Replies } from './read-reply.js';
import { ReplyReader } from './reply-reader.js';
import { RuntimeLink } from './runtime-link.js';
import type { RuntimeSource } from './runtime-source.js';

/**
 * The sending side of a broker: Nest's `send` and `emit`, and promise methods for everything else.
 * Members are `private`, not `#`: Nest can hand out instances behind a Proxy.
 */
export class RuntimeClient<C extends BrokerContract = BrokerContract> extends ClientProxy {
  /** Tasks that will not run again by themselves. */
  readonly deadLetters: DeadLetters;
  /** Tasks, requests and durable events that will run, and the queues they lie in. */
  readonly messages: Messages;
  private readonly options: ResolvedOptions;
  private readonly link: RuntimeLink;
  private readonly replies: ReplyReader;
  private readonly early = new Early<Runtime>();

  constructor(source: RuntimeSource) {
    super();
    this.options = source.options;
    const { deserializer } = source.options;
    // it knows Nest's default, which Nest does not export
    this.initializeDeserializer({ deserializer });
    this.replies = new ReplyReader(this.deserializer, deserializer !== undefined);
    this.link = new RuntimeLink(source, (runtime) => this.onCreated(runtime));
    this.deadLetters = new DeadLetters(() => this.ready(), source.options.codec);
    this.messages = new Messages(() => this.ready(), source.options.codec);
  }

  override get status(): Observable<ClientStatus> {
    return super.status as Observable<ClientStatus>;
  }

  /** Resolves when the backend can be used. Sending does it by itself. */
  async connect(): Promise<void> {
    await this.ready();
  }

  /** Drains handlers that share this broker, then disconnects; what still waits rejects with CLOSED. Safe to repeat. */
  async close(): Promise<void> {
    await this.link.close();
    this._status$.next('disconnected');
  }

  /** Nest's cold Observable of all values of a reply: the request leaves when somebody subscribes. */
  override send<T = Loose, I = Loose>(pattern: FreePattern<C>, data: I): Observable<T>;
  override send<N extends Name<C, 'requests'>>(
    pattern: N,
    data: NestData<C, 'requests', N>,
  ): Observable<Reply<C, N>>;
  override send(pattern: unknown, data: unknown): Observable<unknown> {
    return super.send(pattern, data);
  }

  /** Publishes an event in Nest's way: at once, whether somebody subscribes or not. */
  override emit<T = Loose, I = Loose>(pattern: FreePattern<C>, data: I): Observable<T>;
  override emit<N extends Name<C, 'events'>>(
    pattern: N,
    data: NestData<C, 'events', N>,
  ): Observable<void>;
  override emit(pattern: unknown, data: unknown): Observable<unknown> {
    return super.emit(pattern, data);
  }

  /** Adds a task. It is safe once this resolves: some instance that handles the name will run it. @throws BrokerError with an `outcome`; OVERLOADED at a bound */
  enqueue<N extends Name<C, 'tasks'>>(name: N, ...rest: TaskArguments<C, N>): Promise<Enqueued>;
  enqueue(name: string, data?: unknown, options?: EnqueueOptions): Promise<Enqueued> {
    try {
      const adding = this.addAll([this.toTask(name, data, options)]);
      return adding.then(([added]) => added as Enqueued);
    } catch (error) {
      return rejected(error);
    }
  }

  /** Adds all tasks in one step, or none of them; at most 256 and 4 MiB. @throws as {@link enqueue}, and INVALID_BATCH */
  enqueueMany(tasks: readonly TaskMessage<C>[]): Promise<Enqueued[]>;
  async enqueueMany(tasks: readonly TaskMessage[]): Promise<Enqueued[]> {
    checkTaskList(tasks);
    return this.addAll(tasks.map(({ name, data, options }) => this.toTask(name, data, options)));
  }

  /** Sends a request and resolves to the reply; to the last value of a streamed one. @throws RemoteError of the handler, TIMEOUT, NO_HANDLER, SERVER_LOST, … */
  request<T = unknown>(name: FreeName<C>, data?: unknown, options?: RequestOptions): Promise<T>;
  request<N extends Name<C, 'requests'>>(
    name: N,
    ...rest: RequestArguments<C, N>
  ): Promise<Reply<C, N>>;
  request(name: string, data?: unknown, options?: RequestOptions): Promise<unknown> {
    return new Promise((resolve, reject: (error: Error) => void) => {
      const sent = this.outgoing(name, data, options);
      const call = sent.options === undefined ? {} : parseRequestOptions(sent.options);
      let last: unknown;
      const observer = this.replies.reading({
        next: (value) => void (last = value),
        error: reject,
        complete: () => resolve(last),
      });
      const send = ({ sender }: Runtime): unknown =>
        sender.request(name, sent.data, call, observer);
      if (this.link.connected !== undefined) send(this.link.connected);
      else this.ready(call.timeout).then(send).catch(reject);
    });
  }

  /**
   * Sends a request once its values are asked for, and hands them out one by one: a server with more of them waits until
   * they are taken. Leaving the loop gives the request up.
   */
  stream<T = unknown>(name: FreeName<C>, data?: unknown, options?: RequestOptions): Replies<T>;
  stream<N extends Name<C, 'requests'>>(
    name: N,
    ...rest: RequestArguments<C, N>
  ): Replies<Reply<C, N>>;
  stream(name: string, data?: unknown, options?: RequestOptions): Replies<unknown> {
    return readReply(async (observer) => {
      const sent = this.outgoing(name, data, options);
      const call = sent.options === undefined ? {} : parseRequestOptions(sent.options);
      const runtime = this.link.connected ?? (await this.ready(call.timeout));
      return runtime.sender.request(name, sent.data, call, this.replies.reading(observer));
    });
  }

  /** Publishes an event to every instance that handles its name now, or a pattern for it; the name has no wildcards. */
  publish<N extends Name<C, 'events'>>(name: N, ...rest: EventArguments<C, N>): Promise<void>;
  /** Nest's own contract: sends a request; the returned function gives it up. */
  publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void;
  publish(target: string | ReadPacket, second?: unknown, options?: PublishOptions): unknown {
    return typeof target === 'string'
      ? this.publishEvent(target, () => this.outgoing(target, second, options))
      : this.sendPacket(target, second as (packet: WritePacket) => void);
  }

  /** Takes a task out before it runs, or aborts the `ctx.signal` of one that runs. @param id as `enqueue` returned it */
  async cancel(id: string): Promise<CancelResult> {
    return (await this.ready()).sender.cancel(id);
  }

  /** Stops the tasks of a queue in all instances of its service, those that start later too, until {@link resume}: what runs ends, what waits stays. @param queue default `default` */
  async pause(queue?: string, options?: PauseOptions): Promise<void> {
    await (await this.ready()).pause(parsePausedQueue(queue, options), true);
  }

  /** Starts the tasks, and requests, of a queue again. @param queue default `default` */
  async resume(queue?: string, options?: Pick<PauseOptions, 'service'>): Promise<void> {
    const paused = parsePausedQueue(queue, options);
    await (await this.ready()).pause({ ...paused, requests: true }, false);
  }

  /** The same client for names that begin with `prefix` and a dot. */
  group<G extends string>(prefix: G): BrokerGroupClient<InGroup<C, G>> {
    return new BrokerGroupClient(this, prefix);
  }

  /** How this instance is. Answers even when nothing can be reached. */
  async health(): Promise<Health> {
    return (await this.link.tryToConnect()).health();
  }

  /** What waits, runs and died in the app, who handles it, and what this instance missed of its events. @throws BackendUnavailableError */
  async stats(): Promise<BrokerStats> {
    return (await this.ready()).stats();
  }

  override on<E extends keyof ClientEvents, L extends ClientEvents[E]>(
    event: E,
    callback: L,
  ): void {
    this.early.begin((runtime) => runtime.on(event, callback));
  }

  /** Watches what this broker sends and handles in this process from now on. @returns ends it */
  observe(observer: BrokerObserver): () => void {
    return this.early.begin((runtime) => runtime.observe(observer));
  }

  /** The runtime behind this client, once it was connected. */
  unwrap<T>(): T {
    if (this.link.connected === undefined) {
      throw new ClosedError('the client is not connected: call connect() first');
    }
    return this.link.connected as T;
  }

  protected override async dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    const name = this.normalizePattern(packet.pattern as string);
    await this.publishEvent(name, () => this.take(packet));
    return undefined as T;
  }

  /** No call waits longer for a connection than it may for the message itself. */
  private ready(timeout = Infinity): Promise<Runtime> {
    return this.link.connectWithin(Math.min(timeout, this.options.settings.sendTimeout));
  }

  private addAll(tasks: readonly TaskToSend[]): Promise<Enqueued[]> {
    const sending = this.link.connected?.sender.enqueue(tasks);
    return sending ?? this.ready().then(({ sender }) => sender.enqueue(tasks));
  }

  private async publishEvent(name: string, toSent: () => Outgoing): Promise<void> {
    const sent = toSent();
    const call = sent.options === undefined ? undefined : parsePublishOptions(sent.options);
    const runtime = this.link.connected ?? (await this.ready());
    await runtime.sender.publish(name, sent.data, call);
  }

  private sendPacket(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    try {
      const { sender } = this.unwrap<Runtime>();
      const name = this.normalizePattern(packet.pattern as string);
      const sent = this.take(packet, true);
      const call = sent.options === undefined ? {} : parseRequestOptions(sent.options);
      const observer = this.replies.reading({
        next: (response) => callback({ response }),
        error: (error) => callback({ err: toNestError(error) }),
        complete: () => callback({ isDisposed: true }),
      });
      return sender.request(name, sent.data, call, observer);
    } catch (err) {
      callback({ err });
      return () => undefined;
    }
  }

  private toTask(name: string, data: unknown, options: EnqueueOptions | undefined): TaskToSend {
    const sent = this.outgoing(name, data, options);
    if (sent.options === undefined) return { name, data: sent.data };
    const { backoff } = this.options.settings.tasks;
    return { name, data: sent.data, options: parseEnqueueOptions(sent.options, backoff) };
  }

  /** What a promise method sends: its packets pass the hook of Nest 12, too. */
  private outgoing(pattern: string, data: unknown, options: unknown): Outgoing {
    const packet: ReadPacket = { pattern, data };
    this.onDispatchHook?.(packet);
    return toOutgoing(packet, options, this.options.serializer);
  }

  /** What a packet of Nest sends; as with Nest's own clients, a request has an id when it is serialized. */
  private take(packet: ReadPacket, isRequest = false): Outgoing {
    const { serializer } = this.options;
    const whole = isRequest && serializer !== undefined ? this.assignPacketId(packet) : packet;
    return toOutgoing(whole, undefined, serializer);
  }

  private onCreated(runtime: Runtime): void {
    runtime.on('link', (link) => this._status$.next(link === 'up' ? 'connected' : 'disconnected'));
    this.early.arrive(runtime);
  }
}
