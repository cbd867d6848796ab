import type { QueueStats } from '../../backend/index.js';
import { table } from '../table.js';
import { rate } from '../units.js';
import { consumerColumns } from './consumers.js';
import { NAME_COLUMNS } from './queues.js';
import { totals } from './stats.js';

const COUNTERS = ['added', 'done', 'retried', 'dead'] as const;

/** One look at an app; rates are those since the look before. */
export function frame(now: QueueStats, before: QueueStats | undefined): string[] {
  const { waiting, running, delayed, gated, deadLetters } = totals(now);
  const ms = now.at - (before?.at ?? now.at);
  const rates = COUNTERS.map((counter) => {
    const perSecond = rate(now.counters[counter], before?.counters[counter], ms);
    return `${counter} ${perSecond ?? '-'}/s`;
  });
  const names = now.names.toSorted(
    (a, b) => b.waiting + b.running - (a.waiting + a.running) || (a.name < b.name ? -1 : 1),
  );
  const earlier = new Map(before?.consumers.map(({ id, processed }) => [id, processed]));
  const instances = now.consumers.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const columns = consumerColumns(now.at).filter(({ title }) => title !== 'ID');
  const done = {
    title: 'DONE/S',
    value: ({ id, processed }: (typeof instances)[number]) => rate(processed, earlier.get(id), ms),
  };
  return [
    `${new Date(now.at).toISOString()}  ${rates.join('  ')}`,
    `waiting ${waiting}  running ${running}  delayed ${delayed}  behind a key ${gated}  dead ${deadLetters}`,
    '',
    ...table(NAME_COLUMNS, names),
    '',
    ...table([...columns, done], instances),
  ];
}
