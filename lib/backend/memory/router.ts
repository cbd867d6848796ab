import { hash32, ownerOf } from '../../balancer/index.js';
import type { Envelope } from '../../message/index.js';
import type { NewMessage } from '../index.js';
import type { Membership } from './membership.js';
import type { RouteScope } from './route-scope.js';
import type { Seat } from './seat.js';
import { laneId } from './streams.js';

export type Proposal = NonNullable<NewMessage['proposal']>;

/** Where a ready message goes. */
export interface Route {
  /** A lane, or the stream of its name. */
  readonly id: string;
  /** Whether its sender's proposal was missing or not followed, though one could have been. */
  readonly isUnrouted: boolean;
}

/** Decides where ready messages go: into the lane of a consumer, or into the stream of their name. */
export class Router {
  readonly #members: Membership;
  readonly #loadOf: (lane: string) => number;

  /** @param loadOf messages of a lane, held ones included */
  constructor(members: Membership, loadOf: (lane: string) => number) {
    this.#members = members;
    this.#loadOf = loadOf;
  }

  route(envelope: Envelope, proposal?: Proposal): Route {
    const { target, address } = envelope;
    const pinned = target === undefined ? undefined : this.laneOf(target, address);
    if (pinned !== undefined) return { id: pinned, isUnrouted: false };
    const scope = this.#members.scopeOf(address);
    if (scope === undefined || scope.rule.strategy === 'competing') return shared(address);
    const takers = scope.takers(address);
    return takers.length === 0 ? shared(address) : this.#choose(scope, envelope, takers, proposal);
  }

  /** The consumer's lane for messages of an address; `undefined`: it is gone, drained or does not handle them. */
  laneOf(consumer: string, address: string): string | undefined {
    const seat = this.#members.find(consumer);
    const group = seat?.names.get(address);
    if (seat === undefined || seat.weight === 0 || group === undefined) return undefined;
    return laneId(consumer, group);
  }

  #choose(
    scope: RouteScope,
    envelope: Envelope,
    takers: readonly Seat[],
    proposal: Proposal | undefined,
  ): Route {
    const { strategy, local } = scope.rule;
    const { address, key, unique } = envelope;
    const lane = (consumer: string | undefined): string =>
      consumer === undefined ? address : laneId(consumer, scope.group);
    const proposed = takers.find(({ id }) => id === proposal?.consumer)?.id;
    if (strategy === 'consistent_hash') {
      const isCurrent = proposal?.epoch === this.#members.epoch;
      const known = isCurrent ? proposed : undefined;
      const owner = known ?? ownerOf(hash32(key ?? unique), takers);
      return { id: lane(owner), isUnrouted: known === undefined };
    }
    if (local || strategy.startsWith('custom:')) {
      return { id: lane(proposed), isUnrouted: proposed === undefined };
    }
    if (strategy !== 'least_conn') return { id: lane(scope.next(address)), isUnrouted: false };
    const loadOf = ({ id }: Seat): number => this.#loadOf(lane(id));
    return { id: lane(scope.leastLoaded(takers, loadOf)), isUnrouted: false };
  }
}

/** Whoever is free takes it. */
const shared = (address: string): Route => ({ id: address, isUnrouted: false });
