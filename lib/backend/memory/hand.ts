import type { Lease } from '../index.js';
import type { Place, StoredMessage } from './stored-message.js';

/** What one consumer holds, oldest first. */
export class Hand implements Place {
  readonly #held = new Map<string, StoredMessage>();

  constructor(readonly holder: string) {}

  get size(): number {
    return this.#held.size;
  }

  put(message: StoredMessage, lease: Lease): void {
    message.place = this;
    message.lease = lease;
    this.#held.set(lease.token, message);
  }

  find(lease: Lease): StoredMessage | undefined {
    return this.#held.get(lease.token);
  }

  remove(message: StoredMessage): void {
    if (message.lease !== undefined) this.#held.delete(message.lease.token);
  }

  messages(): Iterable<StoredMessage> {
    return this.#held.values();
  }
}
