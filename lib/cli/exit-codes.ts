import { BrokerError, RemoteError } from '../errors/index.js';
import { UsageError } from './cli-errors.js';

/** How the command line ends. */
export const EXIT = {
  ok: 0,
  /** The backend was reached, and what was asked for did not happen. */
  failed: 1,
  /** A verb, an option, an argument or the configuration cannot be used: nothing was sent. */
  usage: 2,
  /** The backend cannot be reached, or refused. */
  unreachable: 3,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  // a handler may use our codes, too
  if (!(error instanceof BrokerError) || error instanceof RemoteError) return EXIT.failed;
  if (error.code === 'BACKEND_UNAVAILABLE' || error.code === 'BACKEND_REFUSED') {
    return EXIT.unreachable;
  }
  return error.code.startsWith('INVALID_') ? EXIT.usage : EXIT.failed;
}
