import type { Observable } from 'rxjs';
import { checkName, joinName } from '../message/index.js';
import type { Enqueued } from '../runtime/index.js';
import type {
  EnqueueOptions,
  PublishOptions,
  RequestOptions,
  TaskMessage,
} from './call-options.js';
import type { MessageSender } from './message-sender.js';

/** A client whose names all begin with one prefix: `create` in the group `orders` is `orders.create`. @publicApi */
export class BrokerGroupClient implements MessageSender {
  readonly prefix: string;
  readonly #client: MessageSender;

  constructor(client: MessageSender, prefix: string) {
    this.#client = client;
    this.prefix = checkName('the prefix of a group', prefix);
  }

  async enqueue(name: string, data?: unknown, options?: EnqueueOptions): Promise<Enqueued> {
    return this.#client.enqueue(this.#full(name), data, options);
  }

  async enqueueMany(tasks: readonly TaskMessage[]): Promise<Enqueued[]> {
    return this.#client.enqueueMany(
      tasks.map((task) => ({ ...task, name: this.#full(task.name) })),
    );
  }

  async request<T = unknown>(name: string, data?: unknown, options?: RequestOptions): Promise<T> {
    return this.#client.request<T>(this.#full(name), data, options);
  }

  async publish(name: string, data?: unknown, options?: PublishOptions): Promise<void> {
    return this.#client.publish(this.#full(name), data, options);
  }

  send<T = unknown>(name: string, data: unknown): Observable<T> {
    return this.#client.send<T>(this.#full(name), data);
  }

  emit<T = unknown>(name: string, data: unknown): Observable<T> {
    return this.#client.emit<T>(this.#full(name), data);
  }

  /** Groups nest: `group('orders').group('eu')` is the group `orders.eu`. */
  group(prefix: string): BrokerGroupClient {
    return new BrokerGroupClient(this.#client, this.#full(prefix));
  }

  #full(name: string): string {
    return joinName(this.prefix, checkName('the name', name));
  }
}
