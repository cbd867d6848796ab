import type { Observable } from 'rxjs';
import type { Enqueued } from '../runtime/index.js';
import type { EnqueueOptions, PublishOptions, RequestOptions } from './call-options.js';
import type { TaskMessage } from './contract.js';

/** What a client and its groups have in common, contracts aside. */
export interface MessageSender {
  enqueue(name: string, data?: unknown, options?: EnqueueOptions): Promise<Enqueued>;
  enqueueMany(tasks: readonly TaskMessage[]): Promise<Enqueued[]>;
  request<T = unknown>(name: string, data?: unknown, options?: RequestOptions): Promise<T>;
  stream(
    name: string,
    data?: unknown,
    options?: RequestOptions,
  ): AsyncGenerator<unknown, void, undefined>;
  publish(name: string, data?: unknown, options?: PublishOptions): Promise<void>;
  send<T = unknown>(name: string, data: unknown): Observable<T>;
  emit<T = unknown>(name: string, data: unknown): Observable<T>;
}
