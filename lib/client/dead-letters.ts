import type { DeadLetter as Stored, DeadReason } from '../backend/index.js';
import type { PayloadCodec } from '../codec/index.js';
import { InvalidOptionsError, type PlainError } from '../errors/index.js';
import { addressKind, addressName, messageId, subscriberOf, type Kind } from '../message/index.js';
import type { Runtime } from '../runtime/index.js';

/** A message that will not run again by itself. @publicApi */
export interface DeadLetter {
  /** Its place among the dead letters: what `replay` and `drop` take. */
  readonly entry: string;
  /** Message id, as `enqueue` returned it. */
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  /** Of an event: the service that failed to handle it, and its subscription if it has a name. */
  readonly service?: string;
  readonly subscription?: string;
  readonly key: string | undefined;
  /** The decoded payload; `undefined` if it cannot be decoded. */
  readonly data: unknown;
  readonly payload: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly reason: DeadReason;
  readonly error: PlainError;
  /** Attempts that failed. */
  readonly attempts: number;
  /** Deliveries that were lost with their process. */
  readonly lost: number;
  /** Who held it last. */
  readonly consumer: string;
  readonly enqueuedAt: Date | undefined;
  readonly diedAt: Date;
}

/** @publicApi */
export interface ListDeadLettersOptions {
  /** At most this many. Default 100. */
  readonly count?: number;
  /** The `entry` after which to go on. */
  readonly after?: string;
}

/** Looks through the dead letters of an app, puts them back or throws them away. @publicApi */
export class DeadLetters {
  readonly #open: () => Promise<Runtime>;
  readonly #codec: PayloadCodec;

  constructor(open: () => Promise<Runtime>, codec: PayloadCodec) {
    this.#open = open;
    this.#codec = codec;
  }

  /** Oldest first. */
  async list({ count = 100, after }: ListDeadLettersOptions = {}): Promise<DeadLetter[]> {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new InvalidOptionsError(`count is ${String(count)}, allowed: a whole number from 1`);
    }
    const { deadLetters } = await this.#open();
    const found = await deadLetters.list(after === undefined ? { count } : { count, after });
    return found.map((letter) => this.#toLetter(letter));
  }

  /** Puts them back with their attempts forgotten, at the end of their key; returns how many there were. */
  async replay(entries: readonly string[]): Promise<number> {
    return (await this.#open()).deadLetters.replay(entries);
  }

  /** Returns how many there were. */
  async drop(entries: readonly string[]): Promise<number> {
    return (await this.#open()).deadLetters.drop(entries);
  }

  #toLetter({ entry, envelope, payload, reason, error, consumer, diedAt }: Stored): DeadLetter {
    const { address, unique, key, headers = {}, attempts = 0, lost = 0, enqueuedAt } = envelope;
    const name = addressName(address);
    return {
      entry,
      id: messageId(name, unique),
      name,
      kind: addressKind(address),
      ...subscriberOf(address),
      key,
      data: this.#decode(payload),
      payload,
      headers,
      reason,
      error,
      attempts,
      lost,
      consumer,
      enqueuedAt: enqueuedAt === undefined ? undefined : new Date(enqueuedAt),
      diedAt: new Date(diedAt),
    };
  }

  #decode(payload: Buffer): unknown {
    try {
      return this.#codec.decode(payload);
    } catch {
      // being undecodable may be why it is here; the bytes are in `payload`
      return undefined;
    }
  }
}
