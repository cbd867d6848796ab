import { Inject } from '@nestjs/common';
import { getBrokerToken } from '../config/index.js';

/**
 * Injects the client of a broker. Default: the one named `default`.
 * @publicApi
 */
export const InjectBroker = (name?: string): ParameterDecorator & PropertyDecorator =>
  Inject(getBrokerToken(name));
