import { RuntimeClient, type BrokerContract, type RuntimeSource } from '../client/index.js';
import { resolveOptions, type BrokerOptions } from '../config/index.js';
import { openRuntime } from './open-runtime.js';
import { toLog } from './to-log.js';

/**
 * Sends tasks, events and requests. In a Nest app it is injected (`@InjectBroker()`) and shares the connections of
 * the app's broker; made by hand, it has its own, opened when they are first needed. A contract lets the compiler check names, payloads
 * and replies.
 * @publicApi
 */
export class BrokerClient<C extends BrokerContract = BrokerContract> extends RuntimeClient<C> {
  /** @param source for the module: the broker to share instead of having an own one */
  constructor(options: BrokerOptions = {}, source: RuntimeSource = ownRuntime(options)) {
    super(source);
  }
}

/** The same client outside a Nest app. `close()` it in the end. @publicApi */
export const createBrokerClient = <C extends BrokerContract = BrokerContract>(
  options: BrokerOptions = {},
): BrokerClient<C> => new BrokerClient<C>(options);

function ownRuntime(given: BrokerOptions): RuntimeSource {
  const options = resolveOptions(given);
  return { options, create: () => openRuntime(options, toLog(options.logger)) };
}
