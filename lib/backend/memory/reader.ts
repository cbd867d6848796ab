import { ClosedError } from '../../errors/index.js';
import type { Fetched, Reader, Want } from '../index.js';
import type { Connection } from './connection.js';
import { WaitingFetch } from './waiting-fetch.js';

const NOTHING: Fetched = { deliveries: [], undecodable: [], displaced: false };

export class MemoryReader implements Reader {
  readonly #connection: Connection;
  readonly #consumer: string;
  readonly #forget: () => void;
  #fetch: WaitingFetch | undefined;
  /** Every fetch begins with the next name, so that none has the first turn for ever. */
  #turn = 0;
  #isWoken = false;
  #isClosed = false;

  constructor(connection: Connection, consumer: string) {
    this.#connection = connection;
    this.#consumer = consumer;
    this.#forget = connection.onClose(() => this.#end());
  }

  async fetch(total: number, wants: readonly Want[], lanesOnly = false): Promise<Fetched> {
    const { hub } = this.#connection;
    if (this.#isClosed) throw new ClosedError('the reader is closed');
    if (this.#takeWake()) return NOTHING;
    const first = this.#turn++ % Math.max(1, wants.length);
    const rotated = [...wants.slice(first), ...wants.slice(0, first)];
    const fetched = await new Promise<Fetched>((resolve) => {
      const call = { consumer: this.#consumer, total, wants: rotated, lanesOnly };
      this.#fetch = new WaitingFetch(hub, call, resolve);
    });
    this.#fetch = undefined;
    return fetched;
  }

  wake(): void {
    if (this.#fetch === undefined) this.#isWoken = true;
    else this.#fetch.cancel();
  }

  async close(): Promise<void> {
    this.#forget();
    this.#end();
  }

  #takeWake(): boolean {
    const woken = this.#isWoken;
    this.#isWoken = false;
    return woken;
  }

  #end(): void {
    this.#isClosed = true;
    this.#fetch?.cancel();
  }
}
