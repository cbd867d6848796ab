import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BrokerClient } from 'nestjs-broker';
import { customersOf, findMistakes, type Run } from './check.js';
import type { Total } from './ledger.js';
import { readOrders, type Order } from './order.js';
import { Shop } from './shop.js';
import { summaryOf } from './summary.js';

const INPUT = new URL('data/orders.jsonl', import.meta.url);
const BATCH = 100;
const PATIENCE = 60_000;

/** Orders of one customer are handled one after the other, orders of different customers side by side. */
async function enqueue(client: BrokerClient, orders: readonly Order[]): Promise<void> {
  for (let at = 0; at < orders.length; at += BATCH) {
    const batch = orders.slice(at, at + BATCH);
    await client.enqueueMany(
      batch.map((order) => ({ name: 'orders.pay', data: order, options: { key: order.customer } })),
    );
  }
}

/** Waits until everything has come to its end, and says meanwhile how far it is. */
async function settle({ client, journal, subscribers }: Shop, count: number): Promise<void> {
  const { dashboard, receipts } = subscribers;
  await until(
    () => journal.settled >= count,
    () => console.log(`${String(journal.settled).padStart(5)} of ${count} orders settled`),
  );
  const isIdle = async (): Promise<boolean> =>
    (await client.stats()).names.every(({ running }) => running === 0);
  await until(isIdle);
  await until(() => Math.min(dashboard.length, receipts.length) >= journal.handled);
}

async function until(isTrue: () => boolean | Promise<boolean>, onWait?: () => void): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await isTrue()) && Date.now() < deadline) {
    await pause(250);
    onWait?.();
  }
}

async function askForTotals(client: BrokerClient, customers: readonly string[]) {
  const ask = async (customer: string) =>
    [customer, await client.request<Total>('orders.total', { customer })] as const;
  return new Map(await Promise.all(customers.map(ask)));
}

async function runOf(shop: Shop, orders: readonly Order[]): Promise<Run> {
  const { client, journal, subscribers } = shop;
  await enqueue(client, orders);
  await settle(shop, orders.length);
  const totals = await askForTotals(client, customersOf(orders));
  const deadLetters = await client.deadLetters.list({ count: orders.length });
  return { orders, journal, totals, subscribers, deadLetters, stats: await client.stats() };
}

async function main(): Promise<readonly string[]> {
  const begin = Date.now();
  const orders = await readOrders(INPUT);
  const where = /redis|hybrid/.test(process.env['BROKER_MODE'] ?? '') ? 'on Redis' : 'in memory';
  console.log(`${orders.length} orders of ${customersOf(orders).length} customers, ${where}\n`);

  // every run has an app of its own, so that it never meets what another run left in Redis
  const shop = new Shop(`quickstart-${randomBytes(4).toString('hex')}`);
  try {
    await shop.open();
    const run = await runOf(shop, orders);
    console.log(`\n${summaryOf(run)}`);
    console.log(`took              ${((Date.now() - begin) / 1000).toFixed(1)} s\n`);
    await shop.client.deadLetters.drop(run.deadLetters.map(({ entry }) => entry));
    return findMistakes(run);
  } finally {
    await shop.close();
  }
}

try {
  const mistakes = await main();
  for (const mistake of mistakes) console.error(`WRONG: ${mistake}`);
  if (mistakes.length === 0) console.log('Every figure is right.');
  process.exitCode = mistakes.length === 0 ? 0 : 1;
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  console.error(`The quick start failed: ${reason}`);
  process.exitCode = 1;
}
