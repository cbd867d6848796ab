export { BrokerHealthIndicator, type BrokerHealthOptions } from './broker-health.indicator.js';
