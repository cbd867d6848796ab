export { BrokerBalancer, type BalancerEvents, type ConsumerChange } from './broker-balancer.js';
export { RuntimeClient } from './runtime-client.js';
export { BrokerGroupClient } from './group-client.js';
export type { RuntimeSource } from './runtime-source.js';
export { BrokerRecord, BrokerRecordBuilder, type BrokerRecordOptions } from './broker-record.js';
export type {
  EnqueueOptions,
  PauseOptions,
  PublishOptions,
  RequestOptions,
} from './call-options.js';
export type { BrokerContract, TaskMessage } from './contract.js';
export type { ClientEvents, ClientStatus } from './client-events.js';
export { DeadLetters, type DeadLetter, type ListDeadLettersOptions } from './dead-letters.js';
export {
  Messages,
  type ListedMessage,
  type ListMessagesOptions,
  type MessagesPage,
} from './messages.js';
export type { StoredMessage } from './describe-message.js';
