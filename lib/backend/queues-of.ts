import type { QueueInfo } from './inspector.port.js';
import type { Member } from './queue.port.js';

/** The queues that members have, see {@link Member.groups}. @param pausedOf of a service: its queues nobody reads for now */
export function queuesOf(
  members: readonly Pick<Member, 'service' | 'groups'>[],
  pausedOf: (service: string) => ReadonlySet<string>,
): QueueInfo[] {
  const found = new Map<string, QueueInfo>();
  for (const { service, groups } of members) {
    for (const { name } of groups) {
      const [pool] = name.split('/', 1) as [string];
      const queue = pool.slice(2);
      const kind = pool.startsWith('r:') ? 'request' : 'task';
      const paused = pausedOf(service).has(pool);
      found.set(JSON.stringify([service, queue, kind]), { service, queue, kind, paused });
    }
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, info]) => info);
}
