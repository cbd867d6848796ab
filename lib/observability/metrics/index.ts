export { BrokerMetricsModule, type BrokerMetricsModuleOptions } from './broker-metrics.module.js';
export { measureBroker, type MeasuredBroker } from './measure-broker.js';
export type { BrokerMetricsOptions } from './options.js';
