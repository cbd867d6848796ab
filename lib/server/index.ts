export { BrokerServer, type ServerParts } from './broker.server.js';
export { BrokerContext } from './broker.context.js';
export type { ServerEvents, ServerStatus } from './server-events.js';
export { modulesOf } from './modules-of.js';
export { HandlerExplorer, type ExploredApp } from './handler-explorer.js';
