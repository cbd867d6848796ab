import type { DeadLetter, QueueStats } from 'nestjs-broker';
import type { Journal } from './journal.js';
import type { Total } from './ledger.js';
import { ATTEMPTS, type Order } from './order.js';
import { CARDS } from './payments.js';

/** All that was seen of one run. */
export interface Run {
  readonly orders: readonly Order[];
  readonly journal: Journal;
  /** The answers to requests, by customer. */
  readonly totals: ReadonlyMap<string, Total>;
  /** Ids of the orders each subscriber was told of. */
  readonly subscribers: Readonly<Record<string, readonly string[]>>;
  readonly deadLetters: readonly DeadLetter[];
  readonly stats: QueueStats;
}

export const customersOf = (orders: readonly Order[]): string[] => [
  ...new Set(orders.map(({ customer }) => customer)),
];

export const isPaid = ({ card }: Order): boolean =>
  card !== CARDS.declined && card !== CARDS.broken;

/** What the file alone says of a customer. */
export function totalInFile(orders: readonly Order[], customer: string): Total {
  const paid = orders.filter((order) => order.customer === customer && isPaid(order));
  return { orders: paid.length, cents: paid.reduce((sum, { cents }) => sum + cents, 0) };
}

export function isInOrder({ orders, journal }: Run, customer: string): boolean {
  const expected = orders.filter((order) => order.customer === customer).map(({ id }) => id);
  return same(journal.ended.get(customer), expected);
}

export function isTotalRight({ orders, totals }: Run, customer: string): boolean {
  const { orders: count, cents } = totalInFile(orders, customer);
  const answer = totals.get(customer);
  return answer?.orders === count && answer.cents === cents;
}

export function sawEverything({ orders, subscribers }: Run, name: string): boolean {
  const paid = orders.filter(isPaid).map(({ id }) => id);
  return same([...(subscribers[name] ?? [])].toSorted(), paid.toSorted());
}

/** Compares what happened with what the file says must happen; what differs, in one line each. */
export function findMistakes(run: Run): string[] {
  const { orders, journal, subscribers, stats } = run;
  const mistakes: string[] = [];
  const expect = (what: string, actual: number, expected: number): void => {
    if (actual !== expected) mistakes.push(`${what}: ${actual} instead of ${expected}`);
  };
  const of = (card: string): number => orders.filter((order) => order.card === card).length;
  const paid = orders.filter(isPaid).length;
  const dead = orders.length - paid;
  const retried = of(CARDS.slow) + of(CARDS.broken) * (ATTEMPTS - 1);

  expect('workers that handled orders', journal.workers.size, 3);
  expect('handled', journal.sum('handled'), paid);
  expect('retried', journal.sum('retried'), retried);
  expect('dead', journal.sum('dead'), dead);
  expect('orders that overtook another one of their customer', journal.overtakers.length, 0);
  const customers = customersOf(orders);
  const count = (is: (customer: string) => boolean): number => customers.filter(is).length;
  expect(
    'customers in order',
    count((c) => isInOrder(run, c)),
    customers.length,
  );
  expect(
    'customers with the right total',
    count((c) => isTotalRight(run, c)),
    customers.length,
  );
  for (const name of Object.keys(subscribers)) {
    if (!sawEverything(run, name)) mistakes.push(`${name} did not see every event exactly once`);
  }
  const reasons = (reason: string): number =>
    run.deadLetters.filter((letter) => letter.reason === reason).length;
  expect('dead letters of declined cards', reasons('unrecoverable'), of(CARDS.declined));
  expect('dead letters after the last attempt', reasons('failed'), of(CARDS.broken));
  const left = stats.names.reduce((total, { waiting, running }) => total + waiting + running, 0);
  expect('tasks left over', left + stats.delayed + stats.gated, 0);
  expect('the broker counts as retried', stats.counters.retried, retried);
  return mistakes;
}

const same = (actual: readonly string[] | undefined, expected: readonly string[]): boolean =>
  actual?.length === expected.length && expected.every((id, i) => actual[i] === id);
