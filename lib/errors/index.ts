export { ERROR_CODES, type ErrorCode } from './codes.js';
export { BrokerError, type BrokerErrorOptions, type SendOutcome } from './broker.error.js';
export * from './errors.js';
export { toPlainError, type PlainError } from './plain-error.js';
export { rejected } from './rejected.js';
