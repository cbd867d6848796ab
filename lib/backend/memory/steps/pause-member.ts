import type { MemoryHub } from '../hub.js';

/** Stops or starts one member, which keeps its weight; tells whether there is such a member. */
export function pauseMember(hub: MemoryHub, consumer: string, paused: boolean): boolean {
  const seat = hub.members.find(consumer);
  if (seat === undefined) return false;
  if (seat.paused === paused) return true;
  hub.members.change(seat, { paused });
  hub.sayMember('weight', consumer, seat.weight);
  return true;
}
