import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { UnrecoverableError } from 'nestjs-broker';
import type { Order } from './order.js';

/** Stands in for a payment provider. As with the test cards of real ones, the card decides what happens. */
export const CARDS = { declined: '0002', broken: '0119', slow: '0341' } as const;

@Injectable()
export class Payments {
  async charge(order: Order, attempt: number): Promise<void> {
    await pause(20 + 10 * order.items.length);
    if (order.card === CARDS.declined) {
      throw new UnrecoverableError(`the card of order ${order.id} was declined`);
    }
    if (order.card === CARDS.broken) throw new Error('the payment provider failed');
    if (order.card === CARDS.slow && attempt === 1) throw new Error('the bank did not answer');
  }
}
