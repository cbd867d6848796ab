import type { MemoryHub } from '../../../lib/backend/memory/hub.js';
import type { StoredMessage } from '../../../lib/backend/memory/stored-message.js';
import { laneId } from '../../../lib/backend/memory/streams.js';

/** A backend with one fault built in, which the model test has to find. */
export interface MemoryMutant {
  readonly name: string;
  /** Under which it shows; default `competing`. */
  readonly rule?: string;
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
      const admit = gate.admit.bind(gate);
      gate.admit = (message, wanted) => {
        const { key } = message.envelope;
        const others = [...gate.gated()].filter(({ envelope }) => envelope.key === key);
        const passed = admit(message, wanted);
        for (const other of passed ? [] : others) {
          gate.remove(other);
          admit(other, wanted);
        }
        return passed;
      };
    },
  },
  {
    name: 'forgets to free the key of a dead letter',
    apply(hub) {
      const bury = hub.bury.bind(hub);
      const end = hub.end.bind(hub);
      hub.bury = (message, death) => {
        hub.end = ({ envelope }) => hub.messages.delete(envelope.unique);
        bury(message, death);
        hub.end = end;
      };
    },
  },
  {
    name: 'frees a key at a retry',
    apply(hub) {
      const park = hub.park.bind(hub);
      hub.park = (message, due) => {
        const next = hub.gate.free(message);
        if (next !== undefined) hub.place(next);
        park(message, due);
      };
    },
  },
  {
    name: 'loses the next one of a key',
    apply({ gate }) {
      const free = gate.free.bind(gate);
      gate.free = (message) => void free(message);
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
      const takeAll = holdings.takeAll.bind(holdings);
      holdings.takeAll = (consumer) => takeAll(consumer).slice(1);
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
      const remove = members.remove.bind(members);
      members.remove = (consumer) => {
        const seat = members.find(consumer);
        remove(consumer);
        // once the eviction is over: its lane would be filled while it is emptied otherwise
        if (seat !== undefined) queueMicrotask(() => members.join(seat.member, seat.expiresAt));
      };
    },
  },
  {
    name: 'evicts the living',
    apply({ members }) {
      const join = members.join.bind(members);
      members.join = (member, now) => join({ ...member, ttl: 1 }, now);
    },
  },
  {
    name: 'uses the lanes of the departed',
    apply({ members, router }) {
      const remove = members.remove.bind(members);
      const laneOf = router.laneOf.bind(router);
      const departed = new Set<string>();
      router.laneOf = (consumer, address) =>
        departed.has(consumer) ? laneId(consumer, 't:default') : laneOf(consumer, address);
      members.remove = (consumer) => {
        remove(consumer);
        // once the eviction is over: it would go round in circles otherwise
        queueMicrotask(() => departed.add(consumer));
      };
    },
  },
  {
    name: 'drops what lies unread in a lane',
    apply({ streams, messages }) {
      const find = streams.find.bind(streams);
      streams.find = (id) => {
        const stream = find(id);
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
      const take = holdings.take.bind(holdings);
      const settled = new Map<string, StoredMessage>();
      holdings.take = (consumer, lease) => {
        const message = take(consumer, lease) ?? settled.get(lease.token);
        if (message !== undefined) settled.set(lease.token, message);
        return message;
      };
    },
  },
  {
    name: 'leaves a copy where a message was taken from',
    apply(hub) {
      const give = hub.holdings.give.bind(hub.holdings);
      let count = 0;
      hub.holdings.give = (consumer, message, source) => {
        const delivery = give(consumer, message, source);
        if (++count % 20 === 0) hub.streams.of(source).put(message);
        return delivery;
      };
    },
  },
  {
    name: 'forgets attempts',
    apply(hub) {
      const place = hub.place.bind(hub);
      hub.place = (message) => {
        without(message, 'attempts');
        place(message);
      };
    },
  },
  {
    name: 'forgets lost deliveries',
    apply(hub) {
      const place = hub.place.bind(hub);
      hub.place = (message) => {
        without(message, 'lost');
        place(message);
      };
    },
  },
  {
    name: 'is early',
    apply({ delayed }) {
      const takeDue = delayed.takeDue.bind(delayed);
      delayed.takeDue = (now) => takeDue(now + 50);
    },
  },
  {
    name: 'does not answer the requests of the dead',
    apply(hub) {
      const reply = hub.reply.bind(hub);
      hub.reply = (unique, out) => {
        if (new Error().stack?.includes('giveBack') !== true) reply(unique, out);
      };
    },
  },
];
