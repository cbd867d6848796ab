import { BrokerError } from '../errors/index.js';

/** `drain()` found work that does not end. @publicApi */
export class DrainError extends BrokerError {
  /** @param left what waits or runs, a line each */
  constructor(
    reason: string,
    readonly left: readonly string[],
  ) {
    super('TIMEOUT', `${reason}:\n${left.map((line) => `  ${line}`).join('\n')}`);
  }
}
