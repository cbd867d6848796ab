import { randomBytes } from 'node:crypto';
import type { BusPort, Unsubscribe } from '../backend/index.js';
import { decodeCredits } from '../codec/index.js';

/** Hears from callers how many values of their replies they have taken. One channel, subscribed when it is first needed. */
export class Credits {
  readonly channel: string;
  readonly #bus: BusPort;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Map<string, (taken: number) => void>();
  #subscribing: Promise<Unsubscribe> | undefined;

  constructor(bus: BusPort, onError: (error: unknown) => void) {
    this.#bus = bus;
    this.#onError = onError;
    this.channel = bus.channel('reply', randomBytes(12).toString('base64url'));
  }

  /** @param unique of the request; @returns ends it */
  listen(unique: string, onTaken: (taken: number) => void): () => void {
    this.#listeners.set(unique, onTaken);
    this.#subscribe();
    return () => {
      if (this.#listeners.get(unique) === onTaken) this.#listeners.delete(unique);
    };
  }

  close(): void {
    // a subscription that failed was reported
    this.#subscribing?.then(
      (unsubscribe) => unsubscribe(),
      () => undefined,
    );
  }

  /** Credits that come before it stands are asked for again. */
  #subscribe(): void {
    this.#subscribing ??= this.#bus.subscribe(this.channel, (message) => {
      for (const { unique, taken } of decodeCredits(message)) this.#listeners.get(unique)?.(taken);
    });
    this.#subscribing.catch((error: unknown) => {
      if (this.#subscribing !== undefined) this.#onError(error);
      this.#subscribing = undefined;
    });
  }
}
