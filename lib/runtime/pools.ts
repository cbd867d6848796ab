import type { Member } from '../backend/index.js';
import { InvalidConfigError } from '../errors/index.js';
import type { Address, QueuedKind } from '../message/index.js';
import type { HandlerRegistry, QueuedHandler } from './handler-registry.js';
import { DEFAULT_QUEUE, type QueueSettings, type RuntimeSettings } from './settings.js';
import { Slots } from './slots.js';
import type { Strategies } from './strategies.js';

/** What one queue of one kind has here: its places, and the names it serves. A backlog in one never holds up another. */
export interface Pool {
  /** `t:` or `r:` and the queue. */
  readonly name: string;
  readonly kind: QueuedKind;
  readonly slots: Slots;
  readonly names: Member['names'];
  readonly queue: QueueSettings;
}

/** The pools of this instance, made from its handlers. */
export class Pools {
  readonly all: readonly Pool[];
  readonly #byAddress: ReadonlyMap<Address, Pool>;

  /** @throws InvalidConfigError when a handler names a queue that the service does not have */
  constructor(settings: RuntimeSettings, registry: HandlerRegistry) {
    const handlers = new Map<string, (readonly [Address, QueuedHandler])[]>();
    for (const [address, handler] of registry.addresses) {
      // events that are kept are work like tasks, and share their places
      const name = `${handler.kind === 'request' ? 'r' : 't'}:${queueOf(handler, settings)}`;
      handlers.set(name, [...(handlers.get(name) ?? []), [address, handler]]);
    }
    this.all = [...handlers].map(([name, list]) => toPool(name, list, settings));
    this.#byAddress = new Map(
      this.all.flatMap((pool) => pool.names.map(({ address }) => [address as Address, pool])),
    );
  }

  /** The pool of a name that is handled here. */
  of(address: Address): Pool {
    const pool = this.#byAddress.get(address);
    if (pool === undefined) throw new RangeError(`"${address}" is not handled here`);
    return pool;
  }

  /** For a membership: every name with its group, every group with its rule. */
  describe(strategies: Strategies): Pick<Member, 'names' | 'groups'> {
    const groups = new Map(
      this.all.flatMap(({ names, queue }) =>
        names.map(({ group }) => [group, { name: group, rule: strategies.ruleOf(queue) }] as const),
      ),
    );
    return { names: this.all.flatMap(({ names }) => names), groups: [...groups.values()] };
  }
}

function queueOf({ kind, name, queue = DEFAULT_QUEUE }: QueuedHandler, settings: RuntimeSettings) {
  if (!Object.hasOwn(settings.queues, queue)) {
    throw new InvalidConfigError(
      `the handler of the ${kind} "${name}" is in the queue "${queue}", which this service does not have; its queues: ${Object.keys(settings.queues).join(', ')}`,
    );
  }
  return queue;
}

/** A task may have the name of an event. */
const ownGroup = (address: Address, { kind, name }: QueuedHandler): string =>
  kind === 'event' ? address : name;

function toPool(
  name: string,
  handlers: readonly (readonly [Address, QueuedHandler])[],
  settings: RuntimeSettings,
): Pool {
  const kind = name.startsWith('r:') ? 'request' : 'task';
  const queue = settings.queues[name.slice(2)]!;
  const limits = new Map(
    handlers.flatMap(([address, { concurrency }]) =>
      concurrency === undefined ? [] : [[address, concurrency] as const],
    ),
  );
  return {
    name,
    kind,
    queue,
    slots: new Slots(kind === 'task' ? queue.tasks : queue.requests, limits),
    // one with a bound of its own has a lane of its own, so that it holds up nobody else
    names: handlers.map(([address, handler]) => ({
      address,
      group: limits.has(address) ? `${name}/${ownGroup(address, handler)}` : name,
      ...(handler.kind === 'request' && handler.idempotent === true ? { idempotent: true } : {}),
    })),
  };
}
