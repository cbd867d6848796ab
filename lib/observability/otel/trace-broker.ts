import type { BrokerObserver } from '../../runtime/index.js';
import { TracingObserver } from './tracing.observer.js';

/** What can be traced: a `BrokerClient`. @publicApi */
export interface TracedBroker {
  /** Tells of every message of this process. */
  observe(observer: BrokerObserver): () => void;
}

/**
 * Traces what a broker sends and handles in this process, for apps without the module, as `createBrokerClient()`
 * makes them.
 * @returns ends it
 * @publicApi
 */
export const traceBroker = (broker: TracedBroker): (() => void) =>
  broker.observe(new TracingObserver());
