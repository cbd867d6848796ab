import type { DeadLetter as Stored, DeadReason } from '../backend/index.js';
import type { PayloadCodec } from '../codec/index.js';
import { InvalidOptionsError, type PlainError } from '../errors/index.js';
import type { Runtime } from '../runtime/index.js';
import { describeMessage, type StoredMessage } from './describe-message.js';

/** A message that will not run again by itself. @publicApi */
export interface DeadLetter extends StoredMessage {
  /** Its place among the dead letters: what `replay` and `drop` take. */
  readonly entry: string;
  readonly reason: DeadReason;
  /** What its last attempt ended with. */
  readonly error: PlainError;
  /** Who held it last. */
  readonly consumer: string;
  readonly diedAt: Date;
}

/** Which dead letters to list. @publicApi */
export interface ListDeadLettersOptions {
  /** At most this many. Default 100. */
  readonly count?: number;
  /** The `entry` after which to go on. */
  readonly after?: string;
}

/** Looks through the dead letters of an app, puts them back or throws them away. @publicApi */
export class DeadLetters {
  readonly #open: () => Promise<Pick<Runtime, 'deadLetters'>>;
  readonly #codec: PayloadCodec;

  constructor(open: () => Promise<Pick<Runtime, 'deadLetters'>>, codec: PayloadCodec) {
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
    const message = describeMessage(envelope, payload, this.#codec);
    return { ...message, entry, reason, error, consumer, diedAt: new Date(diedAt) };
  }
}
