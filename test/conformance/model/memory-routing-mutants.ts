import { hash32, ownerOf } from '../../../lib/balancer/index.js';
import type { MemoryHub } from '../../../lib/backend/memory/hub.js';
import type { RouteScope } from '../../../lib/backend/memory/route-scope.js';
import type { Seat } from '../../../lib/backend/memory/seat.js';
import { laneId } from '../../../lib/backend/memory/streams.js';
import type { MemoryMutant } from './memory-mutants.js';

/** A fault in routing, and the rule under which it shows. */
export interface MemoryRoutingMutant extends MemoryMutant {
  readonly rule: string;
}

/** Changes every scope when it is first used. */
function changeScopes({ members }: MemoryHub, change: (scope: RouteScope) => void): void {
  const scopeOf = members.scopeOf.bind(members);
  const changed = new WeakSet<RouteScope>();
  members.scopeOf = (address) => {
    const scope = scopeOf(address);
    if (scope !== undefined && !changed.has(scope)) {
      changed.add(scope);
      change(scope);
    }
    return scope;
  };
}

/** Those that handle the address in turn, each as often as its share says. */
function inTurn(scope: RouteScope, shareOf: (seat: Seat) => number): (address: string) => string {
  let turn = 0;
  return (address) => {
    const seats = [...scope.seats]
      .filter(({ names }) => names.has(address))
      .flatMap((seat) => Array<Seat>(shareOf(seat)).fill(seat));
    return seats[turn++ % seats.length]?.id ?? '';
  };
}

const TURNS: readonly MemoryRoutingMutant[] = [
  {
    name: 'ignores weights',
    rule: 'weighted',
    apply: (hub) =>
      changeScopes(hub, (scope) => {
        scope.next = inTurn(scope, ({ weight }) => Math.min(1, weight));
      }),
  },
  {
    name: 'obeys weights in turns that are even',
    rule: 'round_robin',
    apply: (hub) =>
      changeScopes(hub, (scope) => {
        scope.next = inTurn(scope, ({ weight }) => weight);
      }),
  },
  {
    name: 'keeps a drained member in',
    rule: 'round_robin',
    apply: (hub) =>
      changeScopes(hub, (scope) => {
        scope.next = inTurn(scope, () => 1);
      }),
  },
  {
    name: 'does not begin a new cycle',
    rule: 'weighted',
    apply: (hub) =>
      changeScopes(hub, (scope) => {
        scope.restart = () => {};
      }),
  },
  {
    name: 'does not change weights',
    rule: 'weighted',
    apply({ members }) {
      members.change = () => {};
    },
  },
];

const CHOICES: readonly MemoryRoutingMutant[] = [
  {
    name: 'does not count what is held',
    rule: 'least_conn',
    apply({ holdings }) {
      holdings.from = () => 0;
    },
  },
  {
    name: 'picks a busier one',
    rule: 'least_conn',
    apply: (hub) =>
      changeScopes(hub, (scope) => {
        const leastLoaded = scope.leastLoaded.bind(scope);
        scope.leastLoaded = (takers, loadOf) => leastLoaded(takers, (seat) => -loadOf(seat));
      }),
  },
  {
    name: 'takes loads for what they are, whatever the weights',
    rule: 'least_conn',
    apply: (hub) =>
      changeScopes(hub, (scope) => {
        const leastLoaded = scope.leastLoaded.bind(scope);
        scope.leastLoaded = (takers, loadOf) =>
          leastLoaded(takers, (seat) => loadOf(seat) * seat.weight);
      }),
  },
  {
    name: 'hashes without weights',
    rule: 'consistent_hash',
    apply: (hub) =>
      changeScopes(hub, (scope) => {
        const takers = scope.takers.bind(scope);
        scope.takers = (address) =>
          takers(address).map((seat) => Object.create(seat, { weight: { value: 1 } }) as Seat);
      }),
  },
  {
    name: 'hashes the id and not the key',
    rule: 'consistent_hash',
    apply({ router, members }) {
      const route = router.route.bind(router);
      router.route = (envelope, proposal) => {
        const { key: _key, ...rest } = envelope;
        return route(members.scopeOf(envelope.address) === undefined ? envelope : rest, proposal);
      };
    },
  },
  {
    name: 'leaves to anybody what is placed again',
    rule: 'consistent_hash',
    apply(hub) {
      hub.place = (message) => hub.put(message, message.address);
    },
  },
  {
    name: 'believes every proposal',
    rule: 'consistent_hash',
    apply({ router, members }) {
      const route = router.route.bind(router);
      router.route = (envelope, proposal) => {
        const { epoch } = members;
        return route(envelope, proposal === undefined ? undefined : { ...proposal, epoch });
      };
    },
  },
  {
    name: 'follows proposals of the drained',
    rule: 'custom:mine@local',
    apply: (hub) =>
      changeScopes(hub, (scope) => {
        scope.takers = (address) => [...scope.seats].filter(({ names }) => names.has(address));
      }),
  },
  {
    name: 'follows no proposals',
    rule: 'custom:mine@local',
    apply({ router }) {
      const route = router.route.bind(router);
      router.route = (envelope) => route(envelope);
    },
  },
  {
    name: 'says nothing of a missing proposal',
    rule: 'custom:mine@local',
    apply({ router }) {
      const route = router.route.bind(router);
      router.route = (envelope, proposal) => ({ ...route(envelope, proposal), isUnrouted: false });
    },
  },
  {
    name: 'knows no targets',
    rule: 'round_robin',
    apply({ router }) {
      const route = router.route.bind(router);
      router.route = ({ target: _target, ...envelope }, proposal) => route(envelope, proposal);
    },
  },
  {
    name: 'routes where everybody is free to take',
    rule: 'competing',
    apply({ router, members }) {
      const route = router.route.bind(router);
      router.route = (envelope, proposal) => {
        const found = route(envelope, proposal);
        const owner = ownerOf(
          hash32(envelope.unique),
          members.scopeOf(found.id)?.takers(found.id) ?? [],
        );
        return owner === undefined ? found : { ...found, id: laneId(owner, 't:default') };
      };
    },
  },
];

export const MEMORY_ROUTING_MUTANTS: readonly MemoryRoutingMutant[] = [...TURNS, ...CHOICES];
