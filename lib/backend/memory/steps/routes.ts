import type { Address } from '../../../message/index.js';
import type { Routes } from '../../index.js';
import type { MemoryHub } from '../hub.js';
import { laneId } from '../streams.js';

/** Who can be sent messages of the address now. */
export function routes(hub: MemoryHub, address: Address): Routes | undefined {
  const scope = hub.members.scopeOf(address);
  if (scope === undefined) return undefined;
  const { service, group, rule } = scope;
  const consumers = scope.takers(address).map(({ id, member, weight }) => ({
    id,
    instanceName: member.instanceName,
    weight,
    load: hub.loadOf(laneId(id, group)),
  }));
  return { epoch: hub.members.epoch, service, group, rule, consumers };
}
