import type { MemoryHub } from '../hub.js';

/** Stops or starts the reading of one queue of a service; tells whether that is new. */
export function pause(hub: MemoryHub, service: string, pool: string, paused: boolean): boolean {
  const pools = hub.paused.get(service) ?? new Set();
  if (pools.has(pool) === paused) return false;
  if (paused) pools.add(pool);
  else pools.delete(pool);
  if (pools.size > 0) hub.paused.set(service, pools);
  else hub.paused.delete(service);
  hub.say({ type: 'pause', service });
  return true;
}
