import { formatRule } from '../../../balancer/index.js';
import { InvalidConfigError } from '../../../errors/index.js';
import type { Beat, Member } from '../../index.js';
import type { MemoryHub } from '../hub.js';
import { beat } from './beat.js';

/** Makes the consumer a member; for one that is a member already it is a sign of life. */
export function join(hub: MemoryHub, member: Member): Beat {
  const isMember = hub.members.find(member.consumer) !== undefined;
  if (!isMember) refuseOtherRules(hub, member);
  for (const terms of member.subscriptions ?? []) hub.subscriptions.add(terms, hub.clock.now());
  if (isMember) return beat(hub, member.consumer, []);
  const seat = hub.members.join(member, hub.clock.now());
  const answer = beat(hub, member.consumer, []);
  hub.sayMember('joined', member.consumer, seat.weight);
  return answer;
}

function refuseOtherRules(hub: MemoryHub, { service, groups }: Member): void {
  for (const { name, rule } of groups) {
    const scope = hub.members.scope(service, name);
    if (scope === undefined) continue;
    const [here, wanted] = [formatRule(scope.rule), formatRule(rule)];
    if (here === wanted) continue;
    throw new InvalidConfigError(
      `the group "${name}" of service "${service}" follows ${here} here, this instance wants ${wanted}: all instances of a service must agree`,
    );
  }
}
