import type { QueueStats } from '../../backend/index.js';
import { table } from '../table.js';
import type { Verb } from '../verb.js';

/** An app in numbers. */
export function totals({ at, names, unclaimed, delayed, gated, deadLetters, ...rest }: QueueStats) {
  const sum = (count: (name: (typeof names)[number]) => number): number =>
    names.reduce((total, name) => total + count(name), 0);
  return {
    at,
    waiting: sum(({ waiting }) => waiting),
    running: sum(({ running }) => running),
    delayed,
    gated,
    unclaimed,
    deadLetters,
    consumers: rest.consumers.length,
    counters: rest.counters,
  };
}

const rows = (values: object): string[] =>
  table<[string, number]>(
    [
      { title: 'name', value: ([name]) => name },
      { title: 'count', value: ([, count]) => count },
    ],
    Object.entries(values) as [string, number][],
  ).slice(1);

export const stats: Verb = {
  name: 'stats',
  summary: 'what waits, runs and died in the app, and counters since its keys exist',
  words: [0, 0],
  looks: true,
  async run({ client, output }) {
    const found = totals(await client.stats());
    output.answer(found, () => {
      const { at: _, counters, ...now } = found;
      return [
        ...output.headed(['Now', ...rows(now)]),
        '',
        ...output.headed(['In all', ...rows(counters)]),
      ];
    });
  },
};
