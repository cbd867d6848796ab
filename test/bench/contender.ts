/** What is measured: a task, an event, or a request with its reply. */
export type Kind = 'task' | 'event' | 'request';

/** What travels: 100 bytes as JSON. */
export interface Load {
  readonly n: number;
  readonly text: string;
}

export type OnLoad = (load: Load) => void;

export interface Setup {
  readonly kind: Kind;
  readonly host: string;
  readonly port: number;
  /** A name nobody else uses on this Redis. */
  readonly app: string;
  /** How our own requests are answered. */
  readonly replies?: 'fast' | 'reliable';
}

/** The sending process of a contender. */
export interface Producer {
  /** Sends one message alone; resolves when it was accepted, of a request: to what came back. */
  send(load: Load): Promise<unknown>;
  /** Messages that are not settled yet, where any are kept. */
  backlog?(): Promise<number>;
  close(): Promise<void>;
}

/** The receiving process of a contender. */
export interface Consumer {
  close(): Promise<void>;
}

/** One way of doing the work, in two processes. */
export interface Contender {
  openProducer(setup: Setup): Promise<Producer>;
  /** Calls `onLoad` with each message; answers a request with the load it came with. */
  openConsumer(setup: Setup, onLoad: OnLoad): Promise<Consumer>;
}

/** How many tasks a consumer has in hand at most, and how many entries a plain read takes. */
export const CONCURRENCY = 256;
