import { Logger } from '@nestjs/common';
import type { BrokerLogger } from '../config/index.js';
import type { RuntimeLog } from '../runtime/index.js';

const CONTEXT = 'Broker';

/** The logger of the options, or Nest's, as the rest of the library uses it. */
export const toLog = (logger: BrokerLogger = new Logger()): RuntimeLog => ({
  log: (message) => void logger.log(message, CONTEXT),
  warn: (message) => void logger.warn(message, CONTEXT),
  error: (message, stack) =>
    void (stack === undefined
      ? logger.error(message, CONTEXT)
      : logger.error(message, stack, CONTEXT)),
  debug: (message) => void logger.debug?.(message, CONTEXT),
});
