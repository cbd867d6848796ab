import { Inject } from '@nestjs/common';
import { getBalancerToken } from '../config/index.js';

/**
 * Injects the balancer of a broker. Default: of the one named `default`.
 * @publicApi
 */
export const InjectBalancer = (name?: string): ParameterDecorator & PropertyDecorator =>
  Inject(getBalancerToken(name));
