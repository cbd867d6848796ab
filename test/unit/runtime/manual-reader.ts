import type { Fetched, Reader, Want } from '../../../lib/backend/index.js';

interface Fetch {
  readonly total: number;
  readonly wants: readonly Want[];
  readonly lanesOnly: boolean | undefined;
  bring(parts: Partial<Fetched>): Promise<void>;
  fail(error: Error): Promise<void>;
}

/** A turn of the event loop. */
export const turn = async (): Promise<void> => await new Promise(setImmediate);

/** Every fetch waits until the test brings it something. */
export class ManualReader implements Reader {
  readonly fetches: Fetch[] = [];
  wakes = 0;
  closed = false;
  /** Whether `wake` ends the waiting fetch, as it should. */
  #end: (() => void) | undefined;

  async fetch(total: number, wants: readonly Want[], lanesOnly?: boolean): Promise<Fetched> {
    return await new Promise((resolve, reject) => {
      const empty: Fetched = { deliveries: [], undecodable: [], displaced: false };
      this.#end = () => resolve(empty);
      this.fetches.push({
        total,
        wants,
        lanesOnly,
        bring: async (parts) => {
          resolve({ ...empty, ...parts });
          // the loop takes a turn of its own when there was nothing
          await turn();
          await turn();
        },
        fail: async (error) => {
          reject(error);
          await turn();
        },
      });
    });
  }

  wake(): void {
    this.wakes += 1;
    this.#end?.();
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  get last(): Fetch {
    return this.fetches.at(-1)!;
  }
}
