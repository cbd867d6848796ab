import type { MemoryHub } from '../../../lib/backend/memory/hub.js';
import { MessageStream } from '../../../lib/backend/memory/message-stream.js';
import type { RouteScope } from '../../../lib/backend/memory/route-scope.js';
import type { Seat } from '../../../lib/backend/memory/seat.js';
import type { StoredMessage } from '../../../lib/backend/memory/stored-message.js';
import { isLane, laneId } from '../../../lib/backend/memory/streams.js';
import type { MemoryRoutingMutant } from './memory-routing-mutants.js';

/** Whether a function of that name is being executed. */
const isWithin = (name: string): boolean => new Error().stack?.includes(`at ${name} `) === true;

/** Does something wrong whenever a message comes to a lane within a step. */
function atPut(
  hub: MemoryHub,
  step: string,
  change: (message: StoredMessage, lane: string, before: StoredMessage['place']) => void,
): void {
  const put = hub.put.bind(hub);
  hub.put = (message, id) => {
    const { place } = message;
    put(message, id);
    if (isLane(id) && isWithin(step)) change(message, id, place);
  };
}

/** Shows another scope to whoever takes over. */
function changeAtTakeOver(
  { members }: MemoryHub,
  change: (scope: RouteScope) => Partial<RouteScope>,
): void {
  const find = members.scope.bind(members);
  members.scope = (service, group) => {
    const scope = find(service, group);
    if (scope === undefined || !isWithin('takeOver')) return scope;
    const { rule, seats } = scope;
    const has = scope.has.bind(scope);
    const takers = scope.takers.bind(scope);
    return { rule, seats, group, has, takers, ...change(scope) } as RouteScope;
  };
}

export const MEMORY_MOVE_MUTANTS: readonly MemoryRoutingMutant[] = [
  {
    name: 'keeps the lane of the evicted',
    rule: 'weighted',
    apply({ streams }) {
      const find = streams.find.bind(streams);
      streams.find = (id) => (isWithin('emptyLane') ? undefined : find(id));
    },
  },
  {
    name: 'duplicates what is taken over',
    rule: 'weighted',
    apply: (hub) =>
      atPut(hub, 'takeOver', (message, _, before) => {
        if (before instanceof MessageStream) hub.streams.of(before.id).put(message);
      }),
  },
  {
    name: 'takes over what others have to have',
    rule: 'consistent_hash',
    apply: (hub) => changeAtTakeOver(hub, () => ({ rule: { strategy: 'weighted', local: false } })),
  },
  {
    name: 'takes over the same for every weight',
    rule: 'weighted',
    apply: (hub) =>
      changeAtTakeOver(hub, ({ seats }) => ({
        seats: [...seats].map((seat) => Object.create(seat, { weight: { value: 1 } }) as Seat),
      })),
  },
  {
    name: 'forwards and holds it still',
    rule: 'round_robin',
    apply: (hub) =>
      atPut(hub, 'forward', (message, lane) => {
        const { place } = message;
        hub.holdings.give('somebody', message, lane);
        message.place = place;
      }),
  },
  {
    name: 'forwards to the drained',
    rule: 'round_robin',
    apply({ router, members }) {
      const laneOf = router.laneOf.bind(router);
      router.laneOf = (consumer, address) => {
        const group = members.find(consumer)?.names.get(address);
        return isWithin('forward') && group !== undefined
          ? laneId(consumer, group)
          : laneOf(consumer, address);
      };
    },
  },
  {
    name: 'forgets that it has forwarded',
    rule: 'round_robin',
    apply: (hub) =>
      atPut(hub, 'forward', (message) => {
        const { forwarded: _forwarded, ...envelope } = message.envelope;
        message.envelope = envelope;
      }),
  },
  {
    name: 'gates requests by their keys',
    rule: 'consistent_hash',
    apply({ gate }) {
      const admit = gate.admit.bind(gate);
      gate.admit = (message, wanted) => {
        const { key } = message.envelope;
        Object.defineProperty(message, 'orderKey', { value: key });
        return admit(message, wanted);
      };
    },
  },
];
