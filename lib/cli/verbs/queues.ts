import type { NameStats } from '../../backend/index.js';
import { table, type Column } from '../table.js';
import { age } from '../units.js';
import type { Verb } from '../verb.js';

/** Columns of names. */
export const NAME_COLUMNS: readonly Column<NameStats>[] = [
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'NAME', value: ({ name }) => name },
  {
    title: 'KEPT FOR',
    value: ({ service, subscription }) =>
      subscription === undefined ? service : `${service}/${subscription}`,
  },
  { title: 'WAITING', value: ({ waiting }) => waiting },
  { title: 'OLDEST', value: ({ oldest }) => age(oldest) },
  { title: 'RUNNING', value: ({ running }) => running },
  { title: 'CONSUMERS', value: ({ consumers }) => consumers },
];

export const queues: Verb = {
  name: 'queues',
  summary: 'names of tasks, requests and durable events, with what waits and runs',
  words: [0, 0],
  looks: true,
  async run({ client, output }) {
    const { names } = await client.stats();
    output.answer(names, () => output.headed(table(NAME_COLUMNS, names)));
  },
};
