/** What is measured: a task, a request with its reply, or an event. */
export type Kind = 'task' | 'request' | 'event';

/** What travels: 100 bytes as JSON. */
export interface Load {
  readonly n: number;
  readonly text: string;
}

export interface Setup {
  readonly kind: Kind;
  readonly host: string;
  readonly port: number;
  /** A name nobody else uses on this Redis. */
  readonly app: string;
  /** How sure the replies of our own requests are. */
  readonly mode?: 'fast' | 'reliable';
}

/** The sending process of a contender. */
export interface Producer {
  /** Sends one message alone; resolves when it was accepted, of a request: to the reply. */
  send(load: Load): Promise<unknown>;
  /** Messages that are not settled yet, where something is kept at all. */
  backlog?(): Promise<number>;
  close(): Promise<void>;
}

/** The receiving process of a contender. A request is answered with what `onLoad` was given. */
export interface Consumer {
  close(): Promise<void>;
}

/** One way of doing the work. */
export interface Contender {
  openProducer(setup: Setup): Promise<Producer>;
  openConsumer(setup: Setup, onLoad: (load: Load) => void): Promise<Consumer>;
}

/** How many tasks a consumer has in hand at most, and how many entries a plain read takes. */
export const CONCURRENCY = 256;
