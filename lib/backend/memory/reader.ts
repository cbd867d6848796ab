import { ClosedError } from '../../errors/index.js';
import type { QueuedKind } from '../../message/index.js';
import type { Fetched, Reader, Want } from '../index.js';
import type { Connection } from './connection.js';
import { WaitingFetch } from './waiting-fetch.js';

/** Whose messages a reader brings. */
export interface ReaderOf {
  readonly consumer: string;
  readonly kind: QueuedKind;
}

const NOTHING: Fetched = { deliveries: [], undecodable: [], displaced: false };

export class MemoryReader implements Reader {
  readonly #connection: Connection;
  readonly #of: ReaderOf;
  readonly #forget: () => void;
  #fetch: WaitingFetch | undefined;
  /** Every fetch begins with the next name, so that none has the first turn for ever. */
  #turn = 0;
  #isWoken = false;
  #isClosed = false;

  constructor(connection: Connection, of: ReaderOf) {
    this.#connection = connection;
    this.#of = of;
    this.#forget = connection.onClose(() => this.#end());
  }

  async fetch(total: number, wants: readonly Want[]): Promise<Fetched> {
    const { hub } = this.#connection;
    if (this.#isClosed) throw new ClosedError('the reader is closed');
    if (this.#takeWake()) return NOTHING;
    const first = this.#turn++ % Math.max(1, wants.length);
    const rotated = [...wants.slice(first), ...wants.slice(0, first)];
    const fetched = await new Promise<Fetched>((resolve) => {
      this.#fetch = new WaitingFetch(hub, { ...this.#of, total, wants: rotated }, resolve);
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
