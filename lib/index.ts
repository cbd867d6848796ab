// Wiring
export {
  BrokerModule,
  BrokerStrategy,
  brokerMicroservice,
  type BrokerMicroservice,
  type BrokerMicroserviceOptions,
  type BrokerModuleAsyncOptions,
  type BrokerOptionsFactory,
} from './module/index.js';
export {
  BALANCE_STRATEGY,
  BROKER_TRANSPORT,
  getBalancerToken,
  getBrokerToken,
  type BackoffOptions,
  type BalancerOptions,
  type BrokerLogger,
  type BrokerOptions,
  type ConfiguredHandler,
  type DurabilityOptions,
  type Duration,
  type EventsOptions,
  type PacketDeserializer,
  type PacketSerializer,
  type QueueOptions,
  type QueueStoreOptions,
  type RedisInstance,
  type RedisNode,
  type RedisSettings,
  type RetryOptions,
  type RpcOptions,
  type ShutdownOptions,
  type StrategyOption,
  type TaskDefaults,
  type TaskPolicyOptions,
} from './config/index.js';

// Handling
export {
  BrokerGroup,
  InjectBalancer,
  InjectBroker,
  OnEvent,
  type DurableEventOptions,
  type OnEventOptions,
  OnRequest,
  OnTask,
  type BrokerGroupOptions,
  type HandlerByKey,
  type OnRequestOptions,
  type OnTaskOptions,
} from './decorators/index.js';
export {
  BrokerContext,
  BrokerServer,
  type ServerEvents,
  type ServerStatus,
} from './server/index.js';

// Sending
export { BrokerClient, createBrokerClient } from './module/index.js';
export {
  BrokerGroupClient,
  BrokerRecord,
  BrokerRecordBuilder,
  DeadLetters,
  Messages,
  type BrokerContract,
  type BrokerRecordOptions,
  type ClientEvents,
  type ClientStatus,
  type DeadLetter,
  type EnqueueOptions,
  type ListDeadLettersOptions,
  type ListedMessage,
  type ListMessagesOptions,
  type MessagesPage,
  type PauseOptions,
  type PublishOptions,
  type RequestOptions,
  type StoredMessage,
  type TaskMessage,
} from './client/index.js';
export type {
  BrokerStats,
  DurableBacklog,
  Enqueued,
  EventStats,
  Health,
  StatsRates,
} from './runtime/index.js';
export type { Kind } from './message/index.js';

// Balancing
export { BrokerBalancer, type BalancerEvents, type ConsumerChange } from './client/index.js';
export type {
  BalanceStrategy,
  RouteConsumer,
  RouteMessage,
  RouteView,
  StrategyName,
} from './balancer/index.js';

// Looking
export type {
  CancelResult,
  ConsumerInfo,
  DeadReason,
  LinkState,
  MessageState,
  NameStats,
  QueueCounters,
  QueueInfo,
  QueueStats,
} from './backend/index.js';

export type {
  BrokerObserver,
  HandledMessage,
  HandlingEnd,
  HandlingOutcome,
  HandlingWatch,
  SendingEnd,
  SendingWatch,
  SentMessage,
} from './runtime/index.js';

// Extending
export type { PayloadCodec } from './codec/index.js';

// Errors
export {
  BackendRefusedError,
  BackendUnavailableError,
  BrokerError,
  CancelledError,
  ClosedError,
  CodecError,
  DuplicateHandlerError,
  ERROR_CODES,
  InvalidBatchError,
  InvalidConfigError,
  InvalidNameError,
  InvalidOptionsError,
  NoHandlerError,
  NotReplicatedError,
  OverloadedError,
  PayloadTooLargeError,
  RemoteError,
  ReplyLostError,
  RetryLaterError,
  ServerLostError,
  TimeoutError,
  UnrecoverableError,
  type BrokerErrorOptions,
  type ErrorCode,
  type PlainError,
  type SendOutcome,
} from './errors/index.js';
