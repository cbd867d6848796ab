import { NoHandlerError, OverloadedError, toPlainError } from '../../../errors/index.js';
import { type Envelope, addressKind, addressName } from '../../../message/index.js';
import type { Added, NewMessage } from '../../index.js';
import { type Bound, type SenderBound, boundOf } from '../bounds.js';
import type { MemoryHub } from '../hub.js';
import { fanOut } from './fan-out.js';

const DROPPED = toPlainError(new OverloadedError('dropped: the queue was full'));

/** Tasks of the group that will wait at once, by the bound they fall under. */
type Growth = Map<string, { readonly bound: Bound; count: number }>;

/** Accepts the whole group or nothing: whatever can be refused is refused before the first move. */
export function add(hub: MemoryHub, group: readonly NewMessage[], sender: SenderBound): Added[] {
  const answers = findDuplicates(hub, group);
  const fresh = group.filter((_, i) => answers[i]?.duplicate === false);
  refuseRequests(hub, fresh);
  const growth = growthOf(hub, fresh, sender);
  refuseTasks(growth);
  const unrouted = new Set(fresh.filter((message) => accept(hub, message)));
  for (const { bound } of growth.values()) dropOldest(hub, bound);
  hub.counters.duplicates += group.length - fresh.length;
  return answers.map((answer, i) =>
    unrouted.has(group[i] as NewMessage) ? { ...answer, unrouted: true } : answer,
  );
}

function findDuplicates(hub: MemoryHub, group: readonly NewMessage[]): Added[] {
  const now = hub.clock.now();
  const ofGroup = new Map<string, string>();
  return group.map(({ envelope, dedupe }) => {
    const { unique, repeatable = false } = envelope;
    if (repeatable && isKnown(hub, unique, now)) return { unique, duplicate: true };
    if (dedupe === undefined) return { unique, duplicate: false };
    const key = dedupeKey(envelope, dedupe.id);
    const first = hub.dedupe.get(key, now) ?? ofGroup.get(key);
    if (first !== undefined) return { unique: first, duplicate: true };
    ofGroup.set(key, unique);
    return { unique, duplicate: false };
  });
}

/** Whether the request is on its way, or its reply is kept. */
const isKnown = (hub: MemoryHub, unique: string, now: number): boolean =>
  isWaitedFor(hub.messages.get(unique)?.envelope, now) ||
  hub.replies.get(unique, now) !== undefined;

/** One whose time is over never runs. */
const isWaitedFor = (envelope: Envelope | undefined, now: number): boolean =>
  envelope !== undefined && now < (envelope.enqueuedAt ?? now) + (envelope.ttl ?? Infinity);

const dedupeKey = ({ address }: Envelope, id: string): string => JSON.stringify([address, id]);

function refuseRequests(hub: MemoryHub, fresh: readonly NewMessage[]): void {
  const waiting = new Map<string, number>();
  for (const { envelope } of fresh) {
    const { address } = envelope;
    if (addressKind(address) !== 'request') continue;
    if (hub.members.handlers(address) === 0) throw new NoHandlerError(addressName(address));
    const bound = hub.members.ownerOf(address)?.bounds.maxWaiting ?? Infinity;
    const count = waiting.get(address) ?? hub.streams.waiting.of(address);
    if (count >= bound) {
      throw new OverloadedError(`${count} requests "${addressName(address)}" are waiting already`);
    }
    waiting.set(address, count + 1);
  }
}

function growthOf(hub: MemoryHub, fresh: readonly NewMessage[], sender: SenderBound): Growth {
  const growth: Growth = new Map();
  for (const { envelope, delay = 0 } of fresh) {
    if (addressKind(envelope.address) !== 'task' || delay > 0) continue;
    const known = growth.get(hub.scopeOf(envelope.address));
    if (known !== undefined) {
      known.count++;
      continue;
    }
    const bound = boundOf(hub, envelope.address, sender);
    if (bound !== undefined) growth.set(bound.scope, { bound, count: 1 });
  }
  return growth;
}

function refuseTasks(growth: Growth): void {
  for (const { bound, count } of growth.values()) {
    if (bound.overflow !== 'reject') continue;
    const waiting = bound.waiting();
    if (waiting + count <= bound.length) continue;
    throw new OverloadedError(
      `${waiting} tasks are waiting already, ${count} more would exceed the limit of ${bound.length}`,
    );
  }
}

/** Takes the message in; tells whether its sender should look at the routes again. */
function accept(hub: MemoryHub, message: NewMessage): boolean {
  const { envelope, payload, delay = 0, dedupe, proposal } = message;
  if (addressKind(envelope.address) === 'event') {
    fanOut(hub, message);
    return false;
  }
  const now = hub.clock.now();
  if (dedupe !== undefined) {
    const life = { now, until: now + dedupe.window };
    hub.dedupe.set(dedupeKey(envelope, dedupe.id), envelope.unique, life);
  }
  const stored = hub.accept({ ...envelope, enqueuedAt: now }, payload);
  hub.counters.added++;
  if (delay <= 0) return hub.admit(stored, proposal);
  hub.park(stored, now + delay);
  return false;
}

function dropOldest(hub: MemoryHub, bound: Bound): void {
  if (bound.overflow !== 'drop-oldest') return;
  while (bound.waiting() > bound.length) {
    const oldest = bound.oldest();
    if (oldest === undefined) return;
    oldest.place?.remove(oldest);
    hub.counters.dropped++;
    hub.bury(oldest, { reason: 'dropped', error: DROPPED, consumer: '' });
  }
}
