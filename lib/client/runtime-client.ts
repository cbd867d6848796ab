import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import type { CancelResult, QueueStats } from '../backend/index.js';
import type { ResolvedOptions } from '../config/index.js';
import { ClosedError, InvalidBatchError } from '../errors/index.js';
import type { Enqueued, EventOptions, Health, Runtime, TaskToSend } from '../runtime/index.js';
import type {
  EnqueueOptions,
  PublishOptions,
  RequestOptions,
  TaskMessage,
} from './call-options.js';
import type { ClientEvents, ClientStatus } from './client-events.js';
import { DeadLetters } from './dead-letters.js';
import { BrokerGroupClient } from './group-client.js';
import {
  parseEnqueueOptions,
  parsePublishOptions,
  parseRequestOptions,
} from './parse-call-options.js';
import type { MessageSender } from './message-sender.js';
import { RuntimeLink } from './runtime-link.js';
import type { RuntimeSource } from './runtime-source.js';

/**
 * The sending side of a broker: Nest's `send` and `emit`, and promise methods for everything else.
 * Members are `private`, not `#`: Nest can hand out instances behind a Proxy.
 */
export class RuntimeClient extends ClientProxy implements MessageSender {
  /** Tasks that will not run again by themselves. */
  readonly deadLetters: DeadLetters;
  private readonly options: ResolvedOptions;
  private readonly link: RuntimeLink;
  private readonly early: ((runtime: Runtime) => void)[] = [];
  private created: Runtime | undefined;

  constructor(source: RuntimeSource) {
    super();
    this.options = source.options;
    this.link = new RuntimeLink(source, (runtime) => this.onCreated(runtime));
    this.deadLetters = new DeadLetters(() => this.ready(), source.options.codec);
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

  /** Adds a task. It is safe once this resolves: some instance that handles the name will run it. */
  async enqueue(name: string, data?: unknown, options?: EnqueueOptions): Promise<Enqueued> {
    const task = this.toTask(name, data, options);
    const runtime = this.link.connected ?? (await this.ready());
    const [added] = await runtime.sender.enqueue([task]);
    return added as Enqueued;
  }

  /** Adds all tasks in one step, or none of them; at most 256 and 4 MiB. */
  async enqueueMany(tasks: readonly TaskMessage[]): Promise<Enqueued[]> {
    if (!isTaskList(tasks)) throw new InvalidBatchError('a batch is a list of tasks');
    const batch = tasks.map(({ name, data, options }) => this.toTask(name, data, options));
    const runtime = this.link.connected ?? (await this.ready());
    return runtime.sender.enqueue(batch);
  }

  /** Sends a request and resolves to the reply; to the last value of a streamed one. */
  async request<T = unknown>(name: string, data?: unknown, options?: RequestOptions): Promise<T> {
    const call = options === undefined ? {} : parseRequestOptions(options);
    const runtime = this.link.connected ?? (await this.ready(call.timeout));
    return new Promise<T>((resolve, reject) => {
      let last: unknown;
      runtime.sender.request(name, data, call, {
        next: (value) => (last = value),
        error: reject,
        complete: () => resolve(last as T),
      });
    });
  }

  /** Publishes an event to every instance that handles its name now. */
  publish(name: string, data?: unknown, options?: PublishOptions): Promise<void>;
  /** Nest's own contract: sends a request; the returned function gives it up. */
  publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void;
  publish(target: string | ReadPacket, second?: unknown, options?: PublishOptions): unknown {
    return typeof target === 'string'
      ? this.publishEvent(target, second, options)
      : this.sendPacket(target, second as (packet: WritePacket) => void);
  }

  /** Takes a task out before it runs, or aborts the `ctx.signal` of one that runs. */
  async cancel(id: string): Promise<CancelResult> {
    return (await this.ready()).sender.cancel(id);
  }

  /** The same client for names that begin with `prefix` and a dot. */
  group(prefix: string): BrokerGroupClient {
    return new BrokerGroupClient(this, prefix);
  }

  /** Answers even when nothing can be reached. */
  async health(): Promise<Health> {
    const runtime = await this.link.create();
    // a failure to connect is what the health then tells
    await this.ready().catch(() => undefined);
    return runtime.health();
  }

  /** What waits, runs and died in the app, and who handles it. */
  async stats(): Promise<QueueStats> {
    return (await this.ready()).stats();
  }

  override on<E extends keyof ClientEvents, C extends ClientEvents[E]>(
    event: E,
    callback: C,
  ): void {
    const listen = (runtime: Runtime): unknown => runtime.on(event, callback);
    if (this.created === undefined) this.early.push(listen);
    else listen(this.created);
  }

  /** The runtime behind this client, once it was connected. */
  unwrap<T>(): T {
    if (this.link.connected === undefined) {
      throw new ClosedError('the client is not connected: call connect() first');
    }
    return this.link.connected as T;
  }

  protected override async dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    const runtime = this.link.connected ?? (await this.ready());
    const name = this.normalizePattern(packet.pattern as string);
    await runtime.sender.publish(name, packet.data, headersOf(packet));
    return undefined as T;
  }

  /** No call waits longer for a connection than it may for the message itself. */
  private ready(timeout = Infinity): Promise<Runtime> {
    return this.link.connectWithin(Math.min(timeout, this.options.settings.sendTimeout));
  }

  private async publishEvent(name: string, data: unknown, options?: PublishOptions): Promise<void> {
    const call = options === undefined ? undefined : parsePublishOptions(options);
    const runtime = this.link.connected ?? (await this.ready());
    await runtime.sender.publish(name, data, call);
  }

  private sendPacket(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    try {
      const name = this.normalizePattern(packet.pattern as string);
      return this.unwrap<Runtime>().sender.request(name, packet.data, headersOf(packet), {
        next: (response) => callback({ response }),
        error: (err) => callback({ err }),
        complete: () => callback({ isDisposed: true }),
      });
    } catch (err) {
      callback({ err });
      return () => undefined;
    }
  }

  private toTask(name: string, data: unknown, options: EnqueueOptions | undefined): TaskToSend {
    if (options === undefined) return { name, data };
    return {
      name,
      data,
      options: parseEnqueueOptions(options, this.options.settings.tasks.backoff),
    };
  }

  private onCreated(runtime: Runtime): void {
    this.created = runtime;
    runtime.on('link', (link) => this._status$.next(link === 'up' ? 'connected' : 'disconnected'));
    for (const listen of this.early.splice(0)) listen(runtime);
  }
}

const isTaskList = (tasks: unknown): boolean =>
  Array.isArray(tasks) && tasks.every((task) => typeof task === 'object' && task !== null);

/** What Nest 12 attaches to a packet (`setOnDispatchHook`) travels as headers. */
function headersOf(packet: ReadPacket): EventOptions {
  const { metadata } = packet as { readonly metadata?: Readonly<Record<string, string>> };
  return metadata === undefined ? {} : { headers: metadata };
}
