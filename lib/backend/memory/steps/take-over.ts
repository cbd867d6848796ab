import { hash32, ownerOf } from '../../../balancer/index.js';
import type { TakeOver } from '../../index.js';
import type { MemoryHub } from '../hub.js';
import type { RouteScope } from '../route-scope.js';
import type { Seat } from '../seat.js';
import type { StoredMessage } from '../stored-message.js';
import { laneId } from '../streams.js';

/** Messages that one call moves at most when they are shared out. */
const CHUNK = 128;

/** A member's lane as the taker sees it. */
interface OtherLane {
  readonly seat: Seat;
  /** Unread messages. */
  readonly size: number;
  /** Those of them that the taker may take, oldest first. */
  readonly takeable: readonly StoredMessage[];
}

/** Moves unread messages from the lanes of others to that of the consumer, in the order they came; returns how many. */
export function takeOver(hub: MemoryHub, consumer: string, group: string, from: TakeOver): number {
  const taker = hub.members.find(consumer);
  const scope = taker && hub.members.scope(taker.member.service, group);
  if (taker === undefined || taker.weight === 0 || scope?.has(consumer) !== true) return 0;
  const lanes = otherLanes(hub, scope, taker);
  const taken = from.share ? sharedOut(hub, scope, taker, lanes) : overdue(hub, lanes, from);
  for (const message of taken.toSorted((a, b) => a.arrival - b.arrival)) {
    message.place?.remove(message);
    hub.put(message, laneId(consumer, group));
  }
  for (const { seat } of lanes) {
    const lane = hub.streams.find(laneId(seat.id, group));
    if (lane !== undefined) hub.streams.prune(lane);
  }
  return taken.length;
}

function otherLanes(hub: MemoryHub, scope: RouteScope, taker: Seat): OtherLane[] {
  const isTakeable = ({ address, envelope: { target } }: StoredMessage): boolean =>
    taker.names.get(address) === scope.group &&
    (target === undefined || hub.members.find(target) === undefined);
  return scope.seats
    .filter((seat) => seat !== taker)
    .map((seat) => {
      const unread = [...(hub.streams.find(laneId(seat.id, scope.group))?.messages() ?? [])];
      return { seat, size: unread.length, takeable: unread.filter(isTakeable) };
    });
}

function sharedOut(
  hub: MemoryHub,
  scope: RouteScope,
  taker: Seat,
  lanes: readonly OtherLane[],
): StoredMessage[] {
  if (scope.rule.strategy === 'competing') return [];
  if (scope.rule.strategy === 'consistent_hash') {
    const all = lanes.flatMap(({ takeable }) => takeable).toSorted((a, b) => a.arrival - b.arrival);
    return all.filter((message) => isOwner(scope, taker, message)).slice(0, CHUNK);
  }
  const own = hub.streams.find(laneId(taker.id, scope.group))?.size ?? 0;
  const total = lanes.reduce((sum, { size }) => sum + size, own);
  const weights = scope.seats.reduce((sum, { weight }) => sum + weight, 0);
  const shareOf = ({ weight }: Seat): number => Math.floor((total * weight) / weights);
  const excessOf = ({ seat, size }: OtherLane): number => Math.max(0, size - shareOf(seat));
  let missing = Math.min(CHUNK, shareOf(taker) - own);
  const taken: StoredMessage[] = [];
  for (const lane of lanes.toSorted((a, b) => excessOf(b) - excessOf(a))) {
    const count = Math.min(missing, excessOf(lane), lane.takeable.length);
    if (count <= 0) continue;
    taken.push(...lane.takeable.slice(-count));
    missing -= count;
  }
  return taken;
}

function isOwner(scope: RouteScope, taker: Seat, { envelope, address }: StoredMessage): boolean {
  const { key, unique } = envelope;
  return ownerOf(hash32(key ?? unique), scope.takers(address)) === taker.id;
}

/** What has waited too long, the longest lane first. */
function overdue(
  { clock }: MemoryHub,
  lanes: readonly OtherLane[],
  { olderThan, count }: Extract<TakeOver, { share: false }>,
): StoredMessage[] {
  const since = clock.now() - olderThan;
  return lanes
    .toSorted((a, b) => b.size - a.size)
    .flatMap(({ takeable }) => takeable.filter(({ arrivedAt }) => arrivedAt <= since))
    .slice(0, count);
}
