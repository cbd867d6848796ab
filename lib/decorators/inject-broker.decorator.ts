import { Inject } from '@nestjs/common';
import { getBrokerToken } from '../config/index.js';
import { followDeadlines } from '../runtime/index.js';

/**
 * Injects the client of a broker. Default: the one named `default`.
 * @publicApi
 */
export function InjectBroker(name?: string): ParameterDecorator & PropertyDecorator {
  // whoever has a client may ask others from a handler, which must not wait longer than the handler may
  followDeadlines();
  return Inject(getBrokerToken(name));
}
