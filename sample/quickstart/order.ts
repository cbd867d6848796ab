import { readFile } from 'node:fs/promises';

/** One line of data/orders.jsonl. */
export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly name: string;
  readonly placedAt: string;
  readonly items: readonly {
    readonly sku: string;
    readonly quantity: number;
    readonly cents: number;
  }[];
  readonly cents: number;
  /** The last four digits. */
  readonly card: string;
}

/** How often the payment of an order is tried. */
export const ATTEMPTS = 3;

/** What is told about an order that was paid. */
export type PaidOrder = Pick<Order, 'id' | 'customer' | 'cents'>;

export async function readOrders(file: URL): Promise<Order[]> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Order);
}
