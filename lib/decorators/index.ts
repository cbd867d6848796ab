export { OnTask, type OnTaskOptions } from './on-task.decorator.js';
export { OnEvent, type DurableEventOptions, type OnEventOptions } from './on-event.decorator.js';
export { OnRequest, type OnRequestOptions } from './on-request.decorator.js';
export { BrokerGroup, type BrokerGroupOptions } from './broker-group.decorator.js';
export { InjectBalancer } from './inject-balancer.decorator.js';
export { InjectBroker } from './inject-broker.decorator.js';
export type { HandlerByKey } from './handler.decorator.js';
