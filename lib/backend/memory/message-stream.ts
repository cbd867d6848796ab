import { Fifo } from './fifo.js';
import type { Place, StoredMessage } from './stored-message.js';
import type { Tally } from './tally.js';
import type { Waiter } from './waiter.js';

/** Ready messages in their order: the stream of a name or the lane of a consumer. */
export class MessageStream implements Place {
  /** Fetches that found nothing here, the longest waiting one first. */
  readonly waiters = new Set<Waiter<MessageStream>>();
  readonly #messages = new Fifo<StoredMessage>();
  readonly #waiting: Tally;

  /** @param waiting ready messages by address, over all streams */
  constructor(
    readonly id: string,
    waiting: Tally,
  ) {
    this.#waiting = waiting;
  }

  get size(): number {
    return this.#messages.size;
  }

  get head(): StoredMessage | undefined {
    return this.#messages.head;
  }

  put(message: StoredMessage): void {
    message.place = this;
    this.#messages.push(message);
    this.#waiting.add(message.address, 1);
  }

  shift(): StoredMessage | undefined {
    const message = this.#messages.shift();
    if (message !== undefined) this.#waiting.add(message.address, -1);
    return message;
  }

  remove(message: StoredMessage): void {
    if (this.#messages.remove(message)) this.#waiting.add(message.address, -1);
  }

  messages(): Iterable<StoredMessage> {
    return this.#messages.values();
  }
}
