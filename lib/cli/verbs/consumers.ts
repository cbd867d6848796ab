import type { ConsumerInfo } from '../../backend/index.js';
import { table, type Column } from '../table.js';
import { age } from '../units.js';
import type { Verb } from '../verb.js';

/** What keeps an instance from getting work. */
const stateOf = ({ active, paused, weight }: ConsumerInfo): string => {
  if (active) return 'active';
  if (paused) return 'paused';
  return weight === 0 ? 'drained' : 'silent';
};

/** Columns of instances at a moment of the backend's clock. */
export const consumerColumns = (now: number): readonly Column<ConsumerInfo>[] => [
  { title: 'INSTANCE', value: ({ instanceName }) => instanceName },
  { title: 'SERVICE', value: ({ service }) => service },
  { title: 'STATE', value: stateOf },
  { title: 'WEIGHT', value: ({ weight }) => weight },
  { title: 'RUNNING', value: ({ inFlight }) => inFlight },
  { title: 'WAITING', value: ({ waiting }) => waiting },
  { title: 'DONE', value: ({ processed }) => processed },
  { title: 'FAILED', value: ({ failed }) => failed },
  { title: 'UP', value: ({ joinedAt }) => age(Math.max(0, now - joinedAt)) },
  { title: 'SEEN', value: ({ lastSeen }) => age(Math.max(0, now - lastSeen)) },
  { title: 'ID', value: ({ id }) => id },
];

export const consumers: Verb = {
  name: 'consumers',
  summary: 'running instances of all services of the app',
  words: [0, 0],
  looks: true,
  async run({ client, output }) {
    const found = await client.stats();
    const sorted = found.consumers.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    output.answer(sorted, () => output.headed(table(consumerColumns(found.at), sorted)));
  },
};
