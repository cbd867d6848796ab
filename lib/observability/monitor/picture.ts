import type { QueueInfo } from '../../backend/index.js';
import type { BrokerStats, Health } from '../../runtime/index.js';
import type { Latency } from './process-latency.js';

/** What the page is told of the app and of itself, first. */
export interface About {
  readonly title: string;
  readonly app: string;
  readonly mode: 'memory' | 'redis' | 'hybrid';
  readonly readOnly: boolean;
  /** How far apart pictures are, and how far back samples go, in ms. */
  readonly every: number;
  readonly span: number;
}

/** The app at one moment. */
export interface Picture {
  readonly health: Health;
  /** Absent: the backend cannot be asked. At most 500 names and 500 instances, the busiest. */
  readonly stats?: BrokerStats;
  readonly queues: readonly QueueInfo[];
  /** How many names and instances there are in all. */
  readonly names: number;
  readonly instances: number;
  /** The instance that serves the page. */
  readonly self?: string;
}

/** One point of the charts. */
export interface Sample {
  /** Milliseconds on the backend's clock. */
  readonly at: number;
  /** Counters since the keys exist. */
  readonly added: number;
  readonly done: number;
  readonly retried: number;
  readonly dead: number;
  /** Messages at that moment. */
  readonly waiting: number;
  readonly running: number;
  readonly delayed: number;
  readonly deadLetters: number;
  /** How long the oldest has waited, in ms; 0: nothing waits. */
  readonly oldest: number;
  /** Of the process that serves the page, since the sample before; absent: it handled nothing. */
  readonly latency?: Latency;
}

/** What comes over the stream. */
export interface LiveEvent {
  /** With the first event only. */
  readonly about?: About;
  readonly picture: Picture;
  /** All that are kept, with the first event; then the one of this moment, if there is one. */
  readonly samples: readonly Sample[];
}
