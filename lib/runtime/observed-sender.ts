import type { Enqueued, EventOptions, ReplyObserver, RequestOptions, TaskToSend } from './calls.js';
import type { Kind } from '../message/index.js';
import type { SentMessage } from './observer.js';
import type { Observers, Sending } from './observers.js';
import type { Sender } from './runtime.js';

interface Outgoing {
  readonly name: string;
  readonly data: unknown;
  readonly options?: SentMessage['options'];
}

/** A sender whose messages are watched while somebody watches. */
export class ObservedSender implements Sender {
  readonly #sender: Sender;
  readonly #observers: Observers;

  constructor(sender: Sender, observers: Observers) {
    this.#sender = sender;
    this.#observers = observers;
  }

  enqueue(tasks: readonly TaskToSend[]): Promise<Enqueued[]> {
    return this.#observers.isEmpty ? this.#sender.enqueue(tasks) : this.#enqueue(tasks);
  }

  publish(name: string, data: unknown, options?: EventOptions): Promise<void> {
    if (this.#observers.isEmpty) return this.#sender.publish(name, data, options);
    return this.#publish(name, data, options);
  }

  request(
    name: string,
    data: unknown,
    options: RequestOptions,
    observer: ReplyObserver,
  ): () => void {
    if (this.#observers.isEmpty) return this.#sender.request(name, data, options, observer);
    const sending = this.#watch('request', { name, data, options });
    const sent = withHeaders(options, sending);
    try {
      const giveUp = this.#sender.request(name, data, sent, {
        next: (value) => observer.next(value),
        error: (error) => {
          sending.ended({ outcome: 'failed', error });
          observer.error(error);
        },
        complete: () => {
          sending.ended({ outcome: 'sent' });
          observer.complete();
        },
      });
      return () => {
        sending.ended({ outcome: 'given-up' });
        giveUp();
      };
    } catch (error) {
      sending.ended({ outcome: 'failed', error });
      throw error;
    }
  }

  cancel(id: string): ReturnType<Sender['cancel']> {
    return this.#sender.cancel(id);
  }

  async #enqueue(tasks: readonly TaskToSend[]): Promise<Enqueued[]> {
    const sendings = tasks.map((task) => this.#watch('task', task));
    const sent = tasks.map((task, i) => {
      const { headers } = sendings[i]!;
      return headers === undefined ? task : { ...task, options: { ...task.options, headers } };
    });
    try {
      const added = await this.#sender.enqueue(sent);
      added.forEach(({ id, duplicate }, i) =>
        sendings[i]!.ended({ outcome: duplicate ? 'duplicate' : 'sent', id }),
      );
      return added;
    } catch (error) {
      for (const sending of sendings) sending.ended({ outcome: 'failed', error });
      throw error;
    }
  }

  async #publish(name: string, data: unknown, options: EventOptions = {}): Promise<void> {
    const sending = this.#watch('event', { name, data, options });
    try {
      await this.#sender.publish(name, data, withHeaders(options, sending));
      sending.ended({ outcome: 'sent' });
    } catch (error) {
      sending.ended({ outcome: 'failed', error });
      throw error;
    }
  }

  #watch(kind: Kind, { name, data, options = {} }: Outgoing): Sending {
    return this.#observers.sending({ kind, name, data, options, headers: options.headers ?? {} });
  }
}

const withHeaders = <O extends EventOptions>(options: O, { headers }: Sending): O =>
  headers === undefined ? options : { ...options, headers };
