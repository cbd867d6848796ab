export { createRuntime } from './create-runtime.js';
export { followDeadlines } from './deadline.js';
export type {
  BrokerStats,
  DurableBacklog,
  EventStats,
  Health,
  PausedQueue,
  Runtime,
  RuntimeEvents,
  Sender,
} from './runtime.js';
export type {
  BrokerObserver,
  HandledMessage,
  HandlingEnd,
  HandlingOutcome,
  HandlingWatch,
  SendingEnd,
  SendingWatch,
  SentMessage,
} from './observer.js';
export { isThenable } from './is-thenable.js';
export type { StatsRates } from './rates.js';
export { DEFAULT_QUEUE, type RuntimeLog, type RuntimeSettings, type Strategy } from './settings.js';
export type {
  Enqueued,
  EventOptions,
  ReplyObserver,
  RequestOptions,
  RequestRetry,
  TaskOptions,
  TaskToSend,
} from './calls.js';
export type {
  DurableEventHandler,
  EventHandler,
  Handler,
  HandlingContext,
  RequestHandler,
  TakeValue,
  TaskHandler,
} from './handler.js';
