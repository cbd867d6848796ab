import type { BackoffPolicy } from '../message/index.js';
import type { Handler, HandlingContext } from '../runtime/index.js';
import { BrokerContext } from './broker.context.js';
import type { FoundHandler } from './found-handler.js';
import { replied, settled } from './handler-result.js';
import type { ProcessingHooks } from './processing-hooks.js';

/**
 * A handler in the form the runtime runs.
 * @param backoff what a partial back-off is completed with
 */
export function toRuntimeHandler(
  found: FoundHandler,
  hooks: ProcessingHooks,
  backoff: BackoffPolicy,
): Handler {
  const { kind, name, call, concurrency, queue } = found;
  const bound = {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(queue === undefined ? {} : { queue }),
  };
  if (kind === 'request') {
    return {
      kind,
      name,
      ...bound,
      invoke(input, handling, next) {
        const context = new BrokerContext([handling]);
        const reply = (): Promise<void> => replied(call(input, context), handling, next);
        return hooks.isEmpty ? reply() : hooks.around(context, reply);
      },
    };
  }
  const invoke = (input: unknown, handling: HandlingContext): unknown => {
    const context = new BrokerContext([handling]);
    if (hooks.isEmpty) return settled(call(input, context), handling);
    return hooks.around(context, () => settled(call(input, context), handling));
  };
  return kind === 'event'
    ? { kind, name, invoke }
    : { kind, name, ...bound, policy: policyOf(found, backoff), invoke };
}

const policyOf = ({ attempts, timeout, backoff }: FoundHandler, defaults: BackoffPolicy) => ({
  ...(attempts === undefined ? {} : { attempts }),
  ...(timeout === undefined ? {} : { timeout }),
  ...(backoff === undefined ? {} : { backoff: { ...defaults, ...backoff } }),
});
