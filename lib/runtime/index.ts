export { createRuntime } from './create-runtime.js';
export type { Health, Runtime, RuntimeEvents, Sender } from './runtime.js';
export type { RuntimeLog, RuntimeSettings } from './settings.js';
export type {
  Enqueued,
  EventOptions,
  ReplyObserver,
  RequestOptions,
  TaskOptions,
  TaskToSend,
} from './calls.js';
export type {
  EventHandler,
  Handler,
  HandlingContext,
  RequestHandler,
  TaskHandler,
} from './handler.js';
