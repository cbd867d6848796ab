import type { MemoryHub } from '../../../lib/backend/memory/hub.js';
import type { StoredMessage } from '../../../lib/backend/memory/stored-message.js';

/** A backend with one fault built in, which the model test has to find. */
export interface MemoryMutant {
  readonly name: string;
  readonly apply: (hub: MemoryHub) => void;
}

const without = (message: StoredMessage, part: 'attempts' | 'lost'): void => {
  message.envelope = { ...message.envelope, [part]: 0 };
};

export const MEMORY_MUTANTS: readonly MemoryMutant[] = [
  {
    name: 'has no key gate',
    apply({ gate }) {
      gate.admit = () => true;
    },
  },
  {
    name: 'lets the last of a key go first',
    apply({ gate }) {
      const { free } = gate;
      gate.free = (message) => {
        const [last] = [...gate.gated()].toReversed();
        const next = free.call(gate, message);
        if (next === undefined || last === undefined) return next;
        gate.remove(last);
        return last;
      };
    },
  },
  {
    name: 'forgets to free the key of a dead letter',
    apply(hub) {
      const { bury, end } = hub;
      hub.bury = (message, death) => {
        hub.end = ({ envelope }) => hub.messages.delete(envelope.unique);
        bury.call(hub, message, death);
        hub.end = end;
      };
    },
  },
  {
    name: 'frees a key at a retry',
    apply(hub) {
      const { park } = hub;
      hub.park = (message, due) => {
        const next = hub.gate.free(message);
        if (next !== undefined) hub.place(next);
        park.call(hub, message, due);
      };
    },
  },
  {
    name: 'loses the next one of a key',
    apply({ gate }) {
      const { free } = gate;
      gate.free = (message) => void free.call(gate, message);
    },
  },
  {
    name: 'accepts what was sent again',
    apply({ dedupe }) {
      dedupe.get = () => undefined;
    },
  },
  {
    name: 'drops what an evicted consumer held',
    apply({ holdings }) {
      const { takeAll } = holdings;
      holdings.takeAll = (consumer) => takeAll.call(holdings, consumer).slice(1);
    },
  },
  {
    name: 'leaves their leases to the evicted',
    apply({ holdings }) {
      holdings.takeAll = (consumer) => [...holdings.of(consumer)];
    },
  },
  {
    name: 'keeps the evicted as members',
    apply({ members }) {
      const { remove } = members;
      members.remove = (consumer) => {
        const seat = members.find(consumer);
        remove.call(members, consumer);
        // once the eviction is over: its lane would be filled while it is emptied otherwise
        if (seat !== undefined) queueMicrotask(() => members.join(seat.member, seat.expiresAt));
      };
    },
  },
  {
    name: 'evicts the living',
    apply({ members }) {
      const { join } = members;
      members.join = (member, now) => join.call(members, { ...member, ttl: 1 }, now);
    },
  },
  {
    name: 'uses the lanes of the departed',
    apply({ members }) {
      const { remove, takes } = members;
      const departed = new Set<string>();
      members.takes = (consumer, address) =>
        departed.has(consumer) || takes.call(members, consumer, address);
      members.remove = (consumer) => {
        remove.call(members, consumer);
        // once the eviction is over: it would go round in circles otherwise
        queueMicrotask(() => departed.add(consumer));
      };
    },
  },
  {
    name: 'drops what lies unread in a lane',
    apply({ streams, messages }) {
      const { find } = streams;
      streams.find = (id) => {
        const stream = find.call(streams, id);
        const isLane = id.startsWith('lane:') && new Error().stack?.includes('emptyLane') === true;
        while (isLane && stream !== undefined && stream.size > 0) {
          messages.delete(stream.shift()?.envelope.unique ?? '');
        }
        return stream;
      };
    },
  },
  {
    name: 'settles twice',
    apply({ holdings }) {
      const { take } = holdings;
      const settled = new Map<string, StoredMessage>();
      holdings.take = (consumer, lease) => {
        const message = take.call(holdings, consumer, lease) ?? settled.get(lease.token);
        if (message !== undefined) settled.set(lease.token, message);
        return message;
      };
    },
  },
  {
    name: 'leaves a copy where a message was taken from',
    apply(hub) {
      const { give } = hub.holdings;
      let count = 0;
      hub.holdings.give = (consumer, message, source) => {
        const delivery = give.call(hub.holdings, consumer, message, source);
        if (++count % 20 === 0) hub.streams.of(source).put(message);
        return delivery;
      };
    },
  },
  {
    name: 'forgets attempts',
    apply(hub) {
      const { place } = hub;
      hub.place = (message) => {
        without(message, 'attempts');
        place.call(hub, message);
      };
    },
  },
  {
    name: 'forgets lost deliveries',
    apply(hub) {
      const { place } = hub;
      hub.place = (message) => {
        without(message, 'lost');
        place.call(hub, message);
      };
    },
  },
  {
    name: 'is early',
    apply({ delayed }) {
      const { takeDue } = delayed;
      delayed.takeDue = (now) => takeDue.call(delayed, now + 50);
    },
  },
  {
    name: 'does not answer the requests of the dead',
    apply(hub) {
      const { reply } = hub;
      hub.reply = (unique, out) => {
        if (new Error().stack?.includes('answerServerLost') !== true) reply.call(hub, unique, out);
      };
    },
  },
];
