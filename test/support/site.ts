import type { Backend } from '../../lib/backend/index.js';

/** What one client of a site asks for. */
export interface ConnectOptions {
  readonly streamLength?: number;
  readonly overflow?: 'reject' | 'drop-oldest';
  readonly onError?: (error: unknown) => void;
}

/** Where everything lies at one moment. */
export interface Audit {
  /** By unique part of the id: every place the message was found in. There should be one. */
  readonly places: ReadonlyMap<string, readonly string[]>;
  /** Uniques of the messages that hold a key. */
  readonly keyHolders: readonly string[];
  /** What exists although nothing needs it when all work is done and every member has left. */
  readonly leftovers: readonly string[];
}

/** The state of one test in one kind of backend, and the clients that use it. */
export interface Site {
  /** Another client of the same state, connected. */
  connect(options?: ConnectOptions): Promise<Backend>;
  /** Lets the backend's clock go on. */
  passTime(ms: number): Promise<void>;
  /** Resolves when what is under way now has most likely arrived: for tests in which nothing should. */
  calm(): Promise<void>;
  audit(): Promise<Audit>;
  /** Closes every client and removes the state. */
  close(): Promise<void>;
}

/** Collects where messages were found. */
export class Findings {
  readonly places = new Map<string, string[]>();

  found(unique: string, place: string): void {
    const places = this.places.get(unique);
    if (places === undefined) this.places.set(unique, [place]);
    else places.push(place);
  }
}
