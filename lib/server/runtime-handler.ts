import type { BackoffPolicy } from '../message/index.js';
import type { Handler, HandlingContext, TakeValue } from '../runtime/index.js';
import { BrokerContext } from './broker.context.js';
import type { FoundHandler } from './found-handler.js';
import { replied, settled } from './handler-result.js';
import type { Packets } from './packets.js';
import type { ProcessingHooks } from './processing-hooks.js';

/** What every handler of a server shares. */
export interface Surroundings {
  readonly hooks: ProcessingHooks;
  readonly packets: Packets;
  /** What a partial back-off is completed with. */
  readonly backoff: BackoffPolicy;
}

/** A handler in the form the runtime runs. */
export function toRuntimeHandler(
  found: FoundHandler,
  { hooks, packets, backoff }: Surroundings,
): Handler {
  const { kind, name, call, concurrency, queue, idempotent } = found;
  const bound = {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(queue === undefined ? {} : { queue }),
  };
  if (kind === 'request') {
    return {
      kind,
      name,
      ...bound,
      ...(idempotent === undefined ? {} : { idempotent }),
      invoke(input, handling, next) {
        const context = new BrokerContext([handling]);
        const write: TakeValue = (value) => next(packets.write(value, handling));
        const run = (data: unknown): unknown => call(data, context);
        const reply = (): PromiseLike<void> | undefined =>
          replied(packets.read(input, handling, run), handling, write);
        return hooks.isEmpty ? reply() : hooks.around(context, reply);
      },
    };
  }
  const invoke = (input: unknown, handling: HandlingContext): unknown => {
    const context = new BrokerContext([handling]);
    const run = (): unknown =>
      settled(
        packets.read(input, handling, (data) => call(data, context)),
        handling,
      );
    return hooks.isEmpty ? run() : hooks.around(context, run);
  };
  if (kind === 'event' && found.durable !== true) return { kind, name, invoke };
  const work = { name, ...bound, policy: policyOf(found, backoff), invoke };
  if (kind === 'task') return { kind, ...work };
  const { from = 'new', subscription = '' } = found;
  return { kind, ...work, durable: { from, subscription } };
}

const policyOf = ({ attempts, timeout, backoff }: FoundHandler, defaults: BackoffPolicy) => ({
  ...(attempts === undefined ? {} : { attempts }),
  ...(timeout === undefined ? {} : { timeout }),
  ...(backoff === undefined ? {} : { backoff: { ...defaults, ...backoff } }),
});
