import type { Order } from './order.js';

export interface WorkerFigures {
  handled: number;
  retried: number;
  dead: number;
}

/** What happened to every order, written down for the check and the summary at the end. */
export class Journal {
  readonly workers = new Map<string, WorkerFigures>();
  /** Per customer, the orders in which they came to their end. */
  readonly ended = new Map<string, string[]>();
  /** Orders that started while another one of the same customer had not come to its end. */
  readonly overtakers: string[] = [];
  private readonly current = new Map<string, string>();

  get handled(): number {
    return this.sum('handled');
  }

  get settled(): number {
    return this.sum('handled') + this.sum('dead');
  }

  /** Over all workers. */
  sum(how: keyof WorkerFigures): number {
    return [...this.workers.values()].reduce((total, figures) => total + figures[how], 0);
  }

  started({ id, customer }: Order): void {
    const current = this.current.get(customer);
    if (current !== undefined && current !== id) this.overtakers.push(id);
    this.current.set(customer, id);
  }

  finished(worker: string, { id, customer }: Order, how: keyof WorkerFigures): void {
    const figures = this.workers.get(worker) ?? { handled: 0, retried: 0, dead: 0 };
    figures[how] += 1;
    this.workers.set(worker, figures);
    if (how === 'retried') return;
    this.ended.set(customer, [...(this.ended.get(customer) ?? []), id]);
    this.current.delete(customer);
  }
}
