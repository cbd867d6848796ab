export { BrokerModule } from './broker.module.js';
export type { BrokerModuleAsyncOptions, BrokerOptionsFactory } from './broker-module-options.js';
export { BrokerClient, createBrokerClient } from './broker.client.js';
export {
  brokerMicroservice,
  type BrokerMicroservice,
  type BrokerMicroserviceOptions,
} from './broker-microservice.js';
export { BrokerStrategy } from './broker-strategy.js';
export { openRuntime } from './open-runtime.js';
export { RUNTIME_OPENER, type RuntimeOpener } from './runtime-opener.js';
export { toLog } from './to-log.js';
