export type { Kind, QueuedKind } from './kind.js';
export { checkName, checkNamespace, joinName } from './name.js';
export {
  ANY,
  REST,
  checkEventName,
  checkHandlerName,
  isPattern,
  matcherOf,
  tokensOf,
} from './event-pattern.js';
export {
  type Address,
  addressKind,
  addressName,
  subscriberOf,
  toAddress,
  toEventAddress,
  toSubscription,
  toSubscriptionAddress,
} from './address.js';
export { MessageIds, messageId, parseMessageId } from './message-id.js';
export type { Envelope, MessagePolicy } from './envelope.js';
export type { BackoffPolicy, TaskPolicy } from './policy.js';
export { DURATION_FORM, type Duration, parseDuration } from './duration.js';
