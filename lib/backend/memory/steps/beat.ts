import type { Beat, Lease } from '../../index.js';
import type { MemoryHub } from '../hub.js';

/** Prolongs a membership and tells what the member has to know; whoever is none has lost all it held. */
export function beat(hub: MemoryHub, consumer: string, held: readonly Lease[]): Beat {
  const now = hub.clock.now();
  const seat = hub.members.find(consumer);
  if (seat !== undefined) hub.members.keep(seat, now);
  const { nextDue } = hub.delayed;
  return {
    status: seat === undefined ? 'evicted' : 'alive',
    lost: held.filter((lease) => !hub.holdings.holds(consumer, lease)),
    now,
    ...(nextDue === undefined ? {} : { nextDue }),
    expired: hub.members.expired(now),
    leader: hub.members.leader(now) === consumer,
    weight: seat?.share ?? 0,
    memberPaused: seat?.paused ?? false,
    paused: seat === undefined ? [] : [...(hub.paused.get(seat.member.service) ?? [])],
  };
}
