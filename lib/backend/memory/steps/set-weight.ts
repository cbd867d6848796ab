import type { MemoryHub } from '../hub.js';

/** Changes a member's share of routed work, of a paused one that for afterwards; tells whether there is such a member. */
export function setWeight(hub: MemoryHub, consumer: string, weight: number): boolean {
  const seat = hub.members.find(consumer);
  if (seat === undefined) return false;
  if (seat.share === weight) return true;
  if (seat.paused) {
    seat.share = weight;
  } else {
    hub.members.change(seat, { share: weight });
    hub.sayMember('weight', consumer, weight);
  }
  return true;
}
