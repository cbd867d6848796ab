import { DEFAULTS } from './defaults.js';

const token =
  (part: string) =>
  (broker: string = DEFAULTS.name): string =>
    `nestjs-broker:${part}:${broker}`;

/** Under which the client of a broker is injected; what `@InjectBroker(name)` uses. @publicApi */
export const getBrokerToken = token('client');

/** Under which the balancer of a broker is injected; what `@InjectBalancer(name)` uses. @publicApi */
export const getBalancerToken = token('balancer');

/** Under which an app provides a strategy of its own, for queues that name none. @publicApi */
export const BALANCE_STRATEGY = 'nestjs-broker:balance-strategy';

/** Under which the transport strategy of a broker is injected. */
export const getServerToken = token('server');

/** The rest is a matter of the module. */
export const getOptionsToken = token('options');
export const getPartsToken = token('parts');

/**
 * Tells handlers of this package from those of other transports: `@MessagePattern('sum', BROKER_TRANSPORT)` is reached
 * by the broker only.
 * @publicApi
 */
export const BROKER_TRANSPORT: symbol = Symbol.for('nestjs-broker');
