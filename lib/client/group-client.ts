import type { Observable } from 'rxjs';
import { checkName, joinName } from '../message/index.js';
import type { Enqueued } from '../runtime/index.js';
import type { EnqueueOptions, PublishOptions, RequestOptions } from './call-options.js';
import type {
  BrokerContract,
  EventArguments,
  FreeName,
  InGroup,
  Name,
  NestData,
  Reply,
  RequestArguments,
  TaskArguments,
  TaskMessage,
} from './contract.js';
import type { MessageSender } from './message-sender.js';

/** A client whose names all begin with one prefix: `create` in the group `orders` is `orders.create`. @publicApi */
export class BrokerGroupClient<C extends BrokerContract = BrokerContract> {
  /** Without the dot that follows it. */
  readonly prefix: string;
  readonly #client: MessageSender;

  /** @throws InvalidNameError */
  constructor(client: MessageSender, prefix: string) {
    this.#client = client;
    this.prefix = checkName('the prefix of a group', prefix);
  }

  /** As `enqueue` of the client, for a name of the group. */
  enqueue<N extends Name<C, 'tasks'>>(name: N, ...rest: TaskArguments<C, N>): Promise<Enqueued>;
  async enqueue(name: string, data?: unknown, options?: EnqueueOptions): Promise<Enqueued> {
    return this.#client.enqueue(this.#full(name), data, options);
  }

  /** As `enqueueMany` of the client, for names of the group. */
  enqueueMany(tasks: readonly TaskMessage<C>[]): Promise<Enqueued[]>;
  async enqueueMany(tasks: readonly TaskMessage[]): Promise<Enqueued[]> {
    return this.#client.enqueueMany(
      tasks.map((task) => ({ ...task, name: this.#full(task.name) })),
    );
  }

  /** As `request` of the client, for a name of the group. */
  request<T = unknown>(name: FreeName<C>, data?: unknown, options?: RequestOptions): Promise<T>;
  request<N extends Name<C, 'requests'>>(
    name: N,
    ...rest: RequestArguments<C, N>
  ): Promise<Reply<C, N>>;
  async request(name: string, data?: unknown, options?: RequestOptions): Promise<unknown> {
    return this.#client.request(this.#full(name), data, options);
  }

  /** As `stream` of the client, for a name of the group. */
  stream<T = unknown>(
    name: FreeName<C>,
    data?: unknown,
    options?: RequestOptions,
  ): AsyncGenerator<T, void, undefined>;
  stream<N extends Name<C, 'requests'>>(
    name: N,
    ...rest: RequestArguments<C, N>
  ): AsyncGenerator<Reply<C, N>, void, undefined>;
  stream(
    name: string,
    data?: unknown,
    options?: RequestOptions,
  ): AsyncGenerator<unknown, void, undefined> {
    return this.#client.stream(this.#full(name), data, options);
  }

  /** As `publish` of the client, for a name of the group. */
  publish<N extends Name<C, 'events'>>(name: N, ...rest: EventArguments<C, N>): Promise<void>;
  async publish(name: string, data?: unknown, options?: PublishOptions): Promise<void> {
    return this.#client.publish(this.#full(name), data, options);
  }

  /** As `send` of the client, for a name of the group. */
  send<T = unknown>(name: FreeName<C>, data: unknown): Observable<T>;
  send<N extends Name<C, 'requests'>>(
    name: N,
    data: NestData<C, 'requests', N>,
  ): Observable<Reply<C, N>>;
  send(name: string, data: unknown): Observable<unknown> {
    return this.#client.send(this.#full(name), data);
  }

  /** As `emit` of the client, for a name of the group. */
  emit<T = unknown>(name: FreeName<C>, data: unknown): Observable<T>;
  emit<N extends Name<C, 'events'>>(name: N, data: NestData<C, 'events', N>): Observable<void>;
  emit(name: string, data: unknown): Observable<unknown> {
    return this.#client.emit(this.#full(name), data);
  }

  /** Groups nest: `group('orders').group('eu')` is the group `orders.eu`. */
  group<G extends string>(prefix: G): BrokerGroupClient<InGroup<C, G>> {
    return new BrokerGroupClient(this.#client, this.#full(prefix));
  }

  #full(name: string): string {
    return joinName(this.prefix, checkName('the name', name));
  }
}
