import { BackendUnavailableError, ClosedError } from '../../errors/index.js';
import type { Clock, Unsubscribe } from '../index.js';
import type { App } from './channel-name.js';
import type { MemoryHub } from './hub.js';
import { hubs } from './hubs.js';

/** One backend's use of the hub of its app, from connect to close. */
export class Connection {
  readonly #app: App;
  readonly #clock: Clock;
  readonly #endings = new Set<() => void>();
  #hub: MemoryHub | undefined;
  #closed = false;

  constructor(app: App, clock: Clock) {
    this.#app = app;
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#hub !== undefined;
  }

  /** @throws ClosedError, BackendUnavailableError before `open` */
  get hub(): MemoryHub {
    if (this.#closed) throw new ClosedError();
    if (this.#hub === undefined) {
      throw new BackendUnavailableError('the memory backend is not connected', {
        outcome: 'not-sent',
      });
    }
    return this.#hub;
  }

  /** @throws like `hub` */
  check(): void {
    void this.hub;
  }

  open(): void {
    if (this.#closed) throw new ClosedError();
    this.#hub ??= hubs.open(this.#app, this.#clock);
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#endings) end();
    this.#endings.clear();
    if (this.#hub !== undefined) hubs.close(this.#hub);
    this.#hub = undefined;
  }

  /** Calls `end` when the connection closes, unless the returned function was called before. */
  onClose(end: () => void): Unsubscribe {
    this.#endings.add(end);
    return () => this.#endings.delete(end);
  }
}
