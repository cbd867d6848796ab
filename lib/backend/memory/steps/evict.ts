import { encodeErrorBody } from '../../../codec/index.js';
import { ServerLostError, toPlainError } from '../../../errors/index.js';
import { addressKind } from '../../../message/index.js';
import type { EvictOptions } from '../../index.js';
import { answer } from '../answer.js';
import type { MemoryHub } from '../hub.js';
import type { StoredMessage } from '../stored-message.js';
import { laneId } from '../streams.js';

const LOST_TASK = toPlainError(
  new ServerLostError('every instance that held the task was lost before it settled it'),
);
const LOST_REQUEST = encodeErrorBody(toPlainError(new ServerLostError()));

interface Eviction {
  readonly consumer: string;
  readonly options: EvictOptions;
}

/** Ends a membership; what the consumer held, and what lay unread in its lanes, is placed again. */
export function evict(
  hub: MemoryHub,
  consumer: string,
  options: EvictOptions,
): 'alive' | 'evicted' {
  const seat = hub.members.find(consumer);
  if (seat === undefined) return 'evicted';
  if (!options.leaving && seat.expiresAt > hub.clock.now()) return 'alive';
  hub.members.remove(consumer);
  const eviction = { consumer, options };
  for (const message of hub.holdings.takeAll(consumer)) giveBack(hub, message, eviction);
  for (const { name } of seat.member.groups) emptyLane(hub, laneId(consumer, name));
  hub.sayMember(options.leaving ? 'left' : 'evicted', consumer, 0);
  return 'evicted';
}

function giveBack(hub: MemoryHub, message: StoredMessage, { consumer, options }: Eviction): void {
  if (addressKind(message.address) === 'request' && !isRepeated(hub, message, options)) {
    answer(hub, message.envelope, LOST_REQUEST);
    hub.counters.lost++;
    return hub.end(message);
  }
  if (options.leaving) return hub.place(message);
  hub.counters.lost++;
  const lost = (message.envelope.lost ?? 0) + 1;
  message.envelope = { ...message.envelope, lost };
  if (lost < options.lostLimit) return hub.place(message);
  return hub.bury(message, { reason: 'lost', error: LOST_TASK, consumer });
}

/** Whether a request may be handled a second time. */
function isRepeated(
  hub: MemoryHub,
  { address, envelope: { lost = 0 } }: StoredMessage,
  { leaving, lostLimit }: EvictOptions,
): boolean {
  return hub.members.isIdempotent(address) && (leaving || lost + 1 < lostLimit);
}

function emptyLane(hub: MemoryHub, id: string): void {
  const lane = hub.streams.find(id);
  if (lane === undefined) return;
  let message: StoredMessage | undefined;
  while ((message = lane.shift()) !== undefined) hub.place(message);
  hub.handover.recheck(lane);
  hub.streams.prune(lane);
}
