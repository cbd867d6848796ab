import type { BusPort, Unsubscribe } from './bus.port.js';
import type { DeadLettersPort, InspectorPort } from './inspector.port.js';
import type { QueuePort } from './queue.port.js';

/** What an adapter claims of itself; the conformance suite proves each claim. */
export interface BackendFeatures {
  /** Messages survive the closing of every client. */
  readonly durable: boolean;
  /** Other processes see the same state. */
  readonly shared: boolean;
}

/** Whether the backend can be reached now. @publicApi */
export type LinkState = 'up' | 'down';

/** One place where messages live. `connect` and `close` are safe to repeat. */
export interface Backend {
  readonly features: BackendFeatures;
  readonly queue: QueuePort;
  readonly bus: BusPort;
  readonly deadLetters: DeadLettersPort;
  readonly inspector: InspectorPort;
  readonly link: LinkState;
  /** Resolves when the backend can be used. @throws BackendUnavailableError, BackendRefusedError */
  connect(): Promise<void>;
  /** Ends every connection and waiting call; later calls reject with CLOSED. */
  close(): Promise<void>;
  onLink(listener: (state: LinkState) => void): Unsubscribe;
}
