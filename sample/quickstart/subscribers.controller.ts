import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { OnEvent } from 'nestjs-broker';
import type { PaidOrder } from './order.js';

/** Would show the orders of the day. */
@Controller()
export class DashboardController {
  readonly seen: string[] = [];

  @OnEvent('orders.paid')
  onPaid(@Payload() order: PaidOrder): void {
    this.seen.push(order.id);
  }
}

/** Would send a receipt to the customer. */
@Controller()
export class ReceiptsController {
  readonly seen: string[] = [];

  @OnEvent('orders.paid')
  onPaid(@Payload() order: PaidOrder): void {
    this.seen.push(order.id);
  }
}
