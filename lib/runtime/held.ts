import type { Lease } from '../backend/index.js';
import { Generations } from './generations.js';
import type { Handling } from './handling.js';

/** What is in hand, by lease. Looked up for every message, so no key is put together for it. */
export class Held {
  readonly #sources = new Map<string, Generations<string, Handling>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get({ source, token }: Lease): Handling | undefined {
    return this.#sources.get(source)?.get(token);
  }

  has(lease: Lease): boolean {
    return this.get(lease) !== undefined;
  }

  /** A lease that is not in hand yet. */
  add(handling: Handling): void {
    const { source, token } = handling.delivery.lease;
    let tokens = this.#sources.get(source);
    if (tokens === undefined) {
      tokens = new Generations();
      this.#sources.set(source, tokens);
    }
    tokens.add(token, handling);
    this.#size += 1;
  }

  delete({ source, token }: Lease): void {
    if (this.#sources.get(source)?.delete(token) === true) this.#size -= 1;
  }

  all(): Handling[] {
    return [...this.#sources.values()].flatMap((tokens) =>
      tokens.entries().map(([, handling]) => handling),
    );
  }
}
