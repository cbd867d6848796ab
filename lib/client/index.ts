export { BrokerBalancer, type BalancerEvents, type ConsumerChange } from './broker-balancer.js';
export { RuntimeClient } from './runtime-client.js';
export { BrokerGroupClient } from './group-client.js';
export type { RuntimeSource } from './runtime-source.js';
export type {
  EnqueueOptions,
  PublishOptions,
  RequestOptions,
  TaskMessage,
} from './call-options.js';
export type { ClientEvents, ClientStatus } from './client-events.js';
export { DeadLetters, type DeadLetter, type ListDeadLettersOptions } from './dead-letters.js';
