export type { Backend, BackendFeatures, LinkState } from './backend.port.js';
export type { BusPort, ChannelKind, Unsubscribe } from './bus.port.js';
export { type Clock, type Timer, systemClock } from './clock.js';
export type {
  ConsumerInfo,
  DeadLetter,
  DeadLettersPort,
  FoundMessage,
  InspectorPort,
  MessagePage,
  MessageQuery,
  MessageState,
  NameStats,
  QueueCounters,
  QueueInfo,
  QueueStats,
  WaitingFor,
} from './inspector.port.js';
export type { Added, Delivery, Fetched, Lease, NewMessage, Undecodable, Want } from './messages.js';
export type {
  Backlog,
  Beat,
  EvictOptions,
  Member,
  QueuePort,
  Reader,
  Routes,
  SubscriptionTerms,
  TakeOver,
} from './queue.port.js';
export type { TurnsPort } from './turns.port.js';
export type { CancelResult, DeadReason, ReplyOut, Settlement, Verdict } from './verdict.js';
export * from './control.js';
export * from './queues-of.js';
