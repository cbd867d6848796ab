export { BrokerMonitorModule } from './broker-monitor.module.js';
export type { BrokerMonitorModuleOptions, MonitoredMessage, MonitorGuard } from './options.js';
