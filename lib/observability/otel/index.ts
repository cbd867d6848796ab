export { BrokerOtelModule, type BrokerOtelOptions } from './broker-otel.module.js';
export { traceBroker, type TracedBroker } from './trace-broker.js';
