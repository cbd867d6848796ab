import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { BrokerGroup, OnEvent, OnRequest, OnTask } from 'nestjs-broker';

export interface Order {
  readonly id: string;
  readonly cents: number;
}

/** What Node does; `users` are Go's. */
@Controller()
@BrokerGroup('orders')
export class OrdersController {
  readonly booked = new Map<string, number>();
  readonly logins: string[] = [];

  /** Go's `Enqueue(ctx, "orders.create", …)`. */
  @OnTask('create')
  create(@Payload() order: Order): void {
    this.booked.set(order.id, order.cents);
    console.log(`[node] booked ${order.id}`);
  }

  /** Go's `Request` and `RequestFast`. */
  @OnRequest('total')
  total(): { readonly cents: number } {
    return { cents: [...this.booked.values()].reduce((sum, cents) => sum + cents, 0) };
  }

  /** Go's `Publish(ctx, "orders.login", …)`. */
  @OnEvent('login')
  login(@Payload('username') username: string): void {
    this.logins.push(username);
    console.log(`[node] ${username} logged in`);
  }
}
