export type {
  BackoffOptions,
  BalancerOptions,
  QueueOptions,
  StrategyOption,
  BrokerLogger,
  BrokerOptions,
  EventsOptions,
  PacketDeserializer,
  PacketSerializer,
  RedisSettings,
  RpcOptions,
  ShutdownOptions,
  TaskDefaults,
  TaskPolicyOptions,
} from './options.js';
export { DURATION_FORM, parseDuration, type Duration } from '../message/index.js';
export { DEFAULTS } from './defaults.js';
export { resolveOptions } from './resolve-options.js';
export type { ResolvedOptions } from './resolved-options.js';
export { describeRedis } from './redis-address.js';
export { parseGroupOptions, parseHandlerOptions } from './parse-handler-options.js';
export {
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
