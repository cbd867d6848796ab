export type {
  BackoffOptions,
  BalancerOptions,
  QueueOptions,
  QueueStoreOptions,
  StrategyOption,
  BrokerLogger,
  BrokerOptions,
  ConfiguredHandler,
  DurabilityOptions,
  EventsOptions,
  PacketDeserializer,
  PacketSerializer,
  RetryOptions,
  RpcOptions,
  ShutdownOptions,
  TaskDefaults,
  TaskPolicyOptions,
} from './options.js';
export type { RedisInstance, RedisNode, RedisSettings } from './redis-options.js';
export { HandlerKeys } from './configured-handlers.js';
export { DURATION_FORM, parseDuration, type Duration } from '../message/index.js';
export { DEFAULTS } from './defaults.js';
export { toRetry } from './to-retry.js';
export { readEnvironment } from './env.js';
export { resolveOptions } from './resolve-options.js';
export type { ResolvedOptions } from './resolved-options.js';
export { describeRedis } from './redis-address.js';
export { parseGroupOptions, parseHandlerOptions } from './parse-handler-options.js';
export {
  DECORATORS,
  HANDLER_EXTRAS,
  addHandler,
  handlersOf,
  ownHandler,
  type HandlerMetadata,
} from './handler-metadata.js';
export { groupOf, ownGroup, setGroup } from './group-metadata.js';
export {
  BROKER_TRANSPORT,
  getBrokerToken,
  BALANCE_STRATEGY,
  getBalancerToken,
  getOptionsToken,
  getPartsToken,
  getServerToken,
} from './tokens.js';
