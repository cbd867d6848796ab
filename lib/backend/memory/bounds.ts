import { type Address, addressKind } from '../../message/index.js';
import type { MemoryHub } from './hub.js';
import type { StoredMessage } from './stored-message.js';
import type { Seat } from './seat.js';
import { type Streams, laneId } from './streams.js';

/** What a sender applies to names that no single service handles. */
export interface SenderBound {
  readonly streamLength?: number;
  readonly overflow: 'reject' | 'drop-oldest';
}

/** A bound on waiting tasks, and what counts towards it. */
export interface Bound {
  /** Tasks of one scope share a bound. */
  readonly scope: string;
  readonly length: number;
  readonly overflow: 'reject' | 'drop-oldest';
  /** Ready and gated tasks now. */
  waiting(): number;
  /** The one that is to be dropped first: the oldest ready one, else the oldest gated one. */
  oldest(): StoredMessage | undefined;
}

/** The bound that a task of this name falls under, if there is one. */
export function boundOf(hub: MemoryHub, address: Address, sender: SenderBound): Bound | undefined {
  const service = hub.members.ownerOf(address);
  const { streamLength: length, overflow } = service?.bounds ?? sender;
  if (length === undefined) return undefined;
  const scope = hub.scopeOf(address);
  const names = service?.tasks ?? [address];
  const lanes = [...(service?.seats ?? [])].flatMap(taskLanes);
  return {
    scope,
    length,
    overflow,
    waiting() {
      let count = hub.gate.sizeOf(scope);
      for (const name of names) count += hub.streams.waiting.of(name);
      return count;
    },
    oldest: () => oldestHead(hub.streams, [...names, ...lanes]) ?? oldestOf(hub.gate.gated(scope)),
  };
}

const taskLanes = ({ member: { consumer, groups } }: Seat): string[] =>
  groups.filter(({ name }) => name.startsWith('t:')).map(({ name }) => laneId(consumer, name));

const oldestHead = (streams: Streams, ids: readonly string[]): StoredMessage | undefined =>
  oldestOf(ids.map((id) => firstTask(streams, id)).filter((first) => first !== undefined));

/** Lanes hold events, too. */
function firstTask(streams: Streams, id: string): StoredMessage | undefined {
  const stream = streams.find(id);
  if (stream?.head === undefined || isTask(stream.head)) return stream?.head;
  return [...stream.messages()].find(isTask);
}

function oldestOf(messages: Iterable<StoredMessage>): StoredMessage | undefined {
  let oldest: StoredMessage | undefined;
  for (const message of messages) {
    if (oldest === undefined || message.serial < oldest.serial) oldest = message;
  }
  return oldest;
}

const isTask = ({ address }: StoredMessage): boolean => addressKind(address) === 'task';
