import type { Place, StoredMessage } from './stored-message.js';
import { type Slot, Timeline } from './timeline.js';

/** Messages whose time has not come, by due time. */
export class DelayedSet implements Place {
  readonly #timeline = new Timeline<StoredMessage>();
  readonly #slots = new Map<StoredMessage, Slot<StoredMessage>>();

  get size(): number {
    return this.#slots.size;
  }

  get nextDue(): number | undefined {
    return this.#timeline.first?.at;
  }

  put(message: StoredMessage, due: number): void {
    message.place = this;
    this.#slots.set(message, this.#timeline.add(due, message));
  }

  takeDue(now: number): StoredMessage | undefined {
    const message = this.#timeline.takeDue(now)?.value;
    if (message !== undefined) this.#slots.delete(message);
    return message;
  }

  remove(message: StoredMessage): void {
    const slot = this.#slots.get(message);
    if (slot === undefined) return;
    this.#slots.delete(message);
    this.#timeline.remove(slot);
  }

  /** When a message that lies here is due. */
  dueOf(message: StoredMessage): number | undefined {
    return this.#slots.get(message)?.at;
  }

  messages(): Iterable<StoredMessage> {
    return this.#slots.keys();
  }
}
