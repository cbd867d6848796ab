import {
  systemClock,
  type Backend,
  type Clock,
  type LinkState,
  type Unsubscribe,
} from '../index.js';
import { MemoryBus } from './bus.js';
import { Connection } from './connection.js';
import { MemoryDeadLetters } from './dead-letters.js';
import { MemoryInspector } from './inspector.js';
import { MemoryQueue } from './queue.js';

export interface MemoryBackendOptions {
  readonly prefix: string;
  readonly appName: string;
  /** What time it is; backends of one app share their state only if they share their clock. */
  readonly clock?: Clock;
  /** Bound on waiting tasks of a name that no single service handles; absent: none. */
  readonly streamLength?: number;
  readonly overflow: 'reject' | 'drop-oldest';
  /** Gets what listeners throw; absent: the process warns. */
  readonly onError?: (error: unknown) => void;
}

/** A backend whose state lives in this process, shared by all of an app, and ends with the last one that closes. */
export class MemoryBackend implements Backend {
  readonly features = { durable: false, shared: false } as const;
  readonly queue: MemoryQueue;
  readonly bus: MemoryBus;
  readonly deadLetters: MemoryDeadLetters;
  readonly inspector: MemoryInspector;
  readonly #connection: Connection;
  readonly #listeners = new Set<(state: LinkState) => void>();
  readonly #onError: (error: unknown) => void;

  constructor(options: MemoryBackendOptions) {
    this.#onError = options.onError ?? warn;
    this.#connection = new Connection(options, options.clock ?? systemClock);
    this.queue = new MemoryQueue(this.#connection, options);
    this.bus = new MemoryBus(this.#connection, options, this.#onError);
    this.deadLetters = new MemoryDeadLetters(this.#connection);
    this.inspector = new MemoryInspector(this.#connection);
  }

  get link(): LinkState {
    return this.#connection.isOpen ? 'up' : 'down';
  }

  async connect(): Promise<void> {
    const before = this.link;
    this.#connection.open();
    this.#announce(before);
  }

  async close(): Promise<void> {
    const before = this.link;
    this.#connection.close();
    this.#announce(before);
  }

  onLink(listener: (state: LinkState) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Nobody is called back before the call that changed the link has returned. */
  #announce(before: LinkState): void {
    const { link } = this;
    if (link === before) return;
    queueMicrotask(() => {
      for (const listener of this.#listeners) this.#call(listener, link);
    });
  }

  #call(listener: (state: LinkState) => void, link: LinkState): void {
    try {
      listener(link);
    } catch (error) {
      this.#onError(error);
    }
  }
}

const warn = (error: unknown): void => {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)));
};
