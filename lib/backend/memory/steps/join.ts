import type { Beat, Member } from '../../index.js';
import type { MemoryHub } from '../hub.js';
import { beat } from './beat.js';

/** Makes the consumer a member, or renews what is known of it. */
export function join(hub: MemoryHub, member: Member): Beat {
  hub.members.join(member, hub.clock.now());
  hub.say({ type: 'members', epoch: hub.members.epoch });
  return beat(hub, member.consumer, []);
}
