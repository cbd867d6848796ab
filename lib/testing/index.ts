export { BrokerHarness, createBrokerHarness, type HarnessOptions } from './broker-harness.js';
export { DrainError } from './drain.error.js';
export type { DrainOptions } from './drain.js';
export type { DisconnectOptions, FaultOptions, Faults } from './faults.js';
export type { Expected, HarnessAssert } from './harness-assert.js';
export type { HarnessClock } from './harness-clock.js';
export type { HandledRecord, SentRecord } from './records.js';
