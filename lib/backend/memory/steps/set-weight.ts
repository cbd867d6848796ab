import type { MemoryHub } from '../hub.js';

/** Changes a member's share of routed work; tells whether there is such a member. */
export function setWeight(hub: MemoryHub, consumer: string, weight: number): boolean {
  const seat = hub.members.find(consumer);
  if (seat === undefined) return false;
  if (seat.weight === weight) return true;
  hub.members.setWeight(seat, weight);
  hub.sayMember('weight', consumer, weight);
  return true;
}
