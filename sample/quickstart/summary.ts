import { customersOf, isInOrder, isTotalRight, sawEverything, type Run } from './check.js';

const COLUMNS = [12, 9, 9, 9];

const row = (...cells: readonly (string | number)[]): string =>
  cells.map((cell, i) => String(cell)[i === 0 ? 'padEnd' : 'padStart'](COLUMNS[i] ?? 0)).join('');

const line = '-'.repeat(COLUMNS.reduce((sum, width) => sum + width, 0));

/** The table at the end. */
export function summaryOf(run: Run): string {
  const { orders, journal, totals, subscribers, deadLetters } = run;
  const workers = [...journal.workers].toSorted(([a], [b]) => a.localeCompare(b));
  const customers = customersOf(orders);
  const cents = [...totals.values()].reduce((total, answer) => total + answer.cents, 0);
  const count = (is: (customer: string) => boolean): string =>
    `${customers.filter(is).length} of ${customers.length} customers`;
  const unrecoverable = deadLetters.filter(({ reason }) => reason === 'unrecoverable').length;
  return [
    row('worker', 'handled', 'retried', 'dead'),
    line,
    ...workers.map(([name, { handled, retried, dead }]) => row(name, handled, retried, dead)),
    line,
    row('all', journal.sum('handled'), journal.sum('retried'), journal.sum('dead')),
    '',
    `order kept        ${count((customer) => isInOrder(run, customer))}`,
    `totals by request ${count((customer) => isTotalRight(run, customer))} as in the file, ${(cents / 100).toLocaleString('en', { minimumFractionDigits: 2 })} in all`,
    ...Object.entries(subscribers).map(
      ([name, seen]) =>
        `${name.padEnd(17)} ${seen.length} events${sawEverything(run, name) ? ', every one' : ''}`,
    ),
    `dead letters      ${unrecoverable} declined, ${deadLetters.length - unrecoverable} after the last attempt`,
  ].join('\n');
}
