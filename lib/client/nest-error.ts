import { RemoteError } from '../errors/index.js';

/** What an error says of itself, whatever was thrown. */
const OWN = new Set(['name', 'message', 'stack', 'cause', 'data', 'retryable', 'outcome']);

/**
 * An error of a handler as callers of Nest's `send` know it: still an Error, with the fields of the object that was
 * thrown and `status: 'error'`.
 */
export function toNestError(error: Error): Error {
  if (!(error instanceof RemoteError)) return error;
  const { data } = error;
  const fields = typeof data === 'object' && data !== null && !Array.isArray(data) ? data : {};
  const own = Object.entries(fields).filter(([field]) => !OWN.has(field));
  return Object.assign(error, { status: 'error' }, Object.fromEntries(own));
}
