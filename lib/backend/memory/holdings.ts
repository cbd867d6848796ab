import type { Delivery, Lease } from '../index.js';
import { copyEnvelope } from './copy-envelope.js';
import { Hand } from './hand.js';
import type { StoredMessage } from './stored-message.js';
import { isLane } from './streams.js';
import { Tally } from './tally.js';

/** Who holds what. Every hand-over makes a new lease; whoever does not hold it can end nothing. */
export class Holdings {
  readonly #hands = new Map<string, Hand>();
  readonly #sources = new Tally();
  #tokens = 0;

  /** Puts the message into the consumer's hand. The delivery shares nothing with what is kept for a retry. */
  give(consumer: string, message: StoredMessage, source: string): Delivery {
    const lease = { source, token: String(++this.#tokens) };
    this.#handOf(consumer).put(message, lease);
    this.#sources.add(source, 1);
    return {
      lease,
      envelope: copyEnvelope(message.envelope),
      payload: Buffer.from(message.payload),
      routed: isLane(source),
    };
  }

  holds(consumer: string, lease: Lease): boolean {
    return this.find(consumer, lease) !== undefined;
  }

  find(consumer: string, lease: Lease): StoredMessage | undefined {
    return this.#hands.get(consumer)?.find(lease);
  }

  /** Takes the message out of the consumer's hand; `undefined`: it does not hold it. */
  take(consumer: string, lease: Lease): StoredMessage | undefined {
    const hand = this.#hands.get(consumer);
    const message = hand?.find(lease);
    if (hand === undefined || message === undefined) return undefined;
    hand.remove(message);
    this.#sources.add(lease.source, -1);
    if (hand.size === 0) this.#hands.delete(consumer);
    return message;
  }

  /** Takes everything out of the consumer's hand, oldest first. */
  takeAll(consumer: string): readonly StoredMessage[] {
    const messages = [...this.of(consumer)];
    for (const { lease } of messages) if (lease !== undefined) this.#sources.add(lease.source, -1);
    this.#hands.delete(consumer);
    return messages;
  }

  /** How many messages are held that were taken from there. */
  from(source: string): number {
    return this.#sources.of(source);
  }

  of(consumer: string): Iterable<StoredMessage> {
    return this.#hands.get(consumer)?.messages() ?? [];
  }

  *all(): Iterable<StoredMessage> {
    for (const hand of this.#hands.values()) yield* hand.messages();
  }

  #handOf(consumer: string): Hand {
    let hand = this.#hands.get(consumer);
    if (hand === undefined) {
      hand = new Hand(consumer);
      this.#hands.set(consumer, hand);
    }
    return hand;
  }
}
