import { type Argument, toBytes } from './wire-command.js';

interface Wait {
  readonly keys: readonly string[];
  readonly count: number;
  readonly bytes: Buffer;
}

/** What the reads of one consumer say. */
export class ReadArguments {
  readonly #group: string;
  readonly #consumer: string;
  readonly #block: number;
  #last: Wait | undefined;

  /** @param block how long a read waits for work, in ms */
  constructor(group: string, consumer: string, block: number) {
    this.#group = group;
    this.#consumer = consumer;
    this.#block = block;
  }

  /** Of one that does not wait. */
  take(keys: readonly string[], count: number, id: string): Argument[] {
    return this.#read(keys, ['COUNT', count], id);
  }

  /** All of one that waits, which is mostly the same as the one before. */
  wait(keys: readonly string[], count: number): Buffer {
    const last = this.#last;
    if (last?.count === count && isSame(last.keys, keys)) return last.bytes;
    const options = ['COUNT', count, 'BLOCK', this.#block];
    const bytes = toBytes('XREADGROUP', this.#read(keys, options, '>'));
    this.#last = { keys, count, bytes };
    return bytes;
  }

  #read(keys: readonly string[], options: readonly Argument[], id: string): Argument[] {
    const ids = keys.map(() => id);
    return ['GROUP', this.#group, this.#consumer, ...options, 'STREAMS', ...keys, ...ids];
  }
}

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((key, i) => key === others[i]);
