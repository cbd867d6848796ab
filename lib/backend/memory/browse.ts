import { InvalidOptionsError } from '../../errors/index.js';
import { addressName } from '../../message/index.js';
import type { FoundMessage, MessagePage, MessageQuery, MessageState } from '../index.js';
import { copyEnvelope } from './copy-envelope.js';
import type { MemoryHub } from './hub.js';
import type { StoredMessage } from './stored-message.js';
import { ownerOf } from './streams.js';

/** A message with its place in the order of its page. */
interface Candidate {
  readonly message: StoredMessage;
  readonly rank: Rank;
  readonly facts: Pick<FoundMessage, 'consumer' | 'since' | 'due'>;
}

/** What comes first, and what tells those apart that come at once. */
type Rank = readonly [number, number];

const isBefore = (a: Rank, b: Rank): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);

/** Everything that lies in places of one kind. */
const CANDIDATES: Record<MessageState, (hub: MemoryHub) => Iterable<Candidate>> = {
  *waiting({ streams }) {
    for (const stream of streams.all()) {
      const consumer = ownerOf(stream.id);
      for (const message of stream.messages()) {
        const facts = { since: message.arrivedAt, ...(consumer === undefined ? {} : { consumer }) };
        yield { message, rank: [message.arrival, 0], facts };
      }
    }
  },
  *running({ holdings }) {
    for (const message of holdings.all()) {
      const consumer = message.place?.holder ?? '';
      const facts = { since: message.heldSince, consumer };
      yield { message, rank: [Number(message.lease?.token), 0], facts };
    }
  },
  *delayed({ delayed }) {
    for (const message of delayed.messages()) {
      const due = delayed.dueOf(message) ?? 0;
      yield { message, rank: [due, message.serial], facts: { due } };
    }
  },
  *gated({ gate }) {
    for (const message of gate.gated()) {
      yield { message, rank: [message.serial, 0], facts: {} };
    }
  },
};

/** A page of the messages in one kind of place. */
export function browse(hub: MemoryHub, { state, name, count, after }: MessageQuery): MessagePage {
  const start = after === undefined ? undefined : toRank(after);
  const page = firstOf(CANDIDATES[state](hub), count, start);
  const last = page.length === count ? page.at(-1)?.rank : undefined;
  return {
    messages: page
      .filter(({ message }) => name === undefined || addressName(message.address) === name)
      .map(({ message: { envelope, payload }, facts }) => ({
        state,
        envelope: copyEnvelope(envelope),
        payload: Buffer.from(payload),
        ...facts,
      })),
    looked: page.length,
    ...(last === undefined ? {} : { next: last.join(':') }),
  };
}

/** @throws InvalidOptionsError */
function toRank(after: string): Rank {
  const [, first, second] = /^(\d+):(\d+)$/.exec(after) ?? [];
  if (second !== undefined) return [Number(first), Number(second)];
  throw new InvalidOptionsError('after is not where a page of these messages ended');
}

/** The first `count` behind `start`, in their order. */
function firstOf(all: Iterable<Candidate>, count: number, start: Rank = [-1, 0]): Candidate[] {
  const first: Candidate[] = [];
  for (const candidate of all) {
    const { rank } = candidate;
    const last = first.length === count ? first.at(-1)?.rank : undefined;
    if (!isBefore(start, rank) || (last !== undefined && isBefore(last, rank))) continue;
    const at = first.findLastIndex((other) => isBefore(other.rank, rank));
    first.splice(at + 1, 0, candidate);
    if (first.length > count) first.pop();
  }
  return first;
}
