import type { PaidOrder } from './order.js';

export interface Total {
  readonly orders: number;
  readonly cents: number;
}

/** Stands in for the database that the workers share: one row per order, its id is a unique key. */
export class Ledger {
  private readonly rows = new Map<string, PaidOrder>();

  add({ id, customer, cents }: PaidOrder): void {
    this.rows.set(id, { id, customer, cents });
  }

  total(customer: string): Total {
    const rows = [...this.rows.values()].filter((row) => row.customer === customer);
    return { orders: rows.length, cents: rows.reduce((sum, row) => sum + row.cents, 0) };
  }
}
