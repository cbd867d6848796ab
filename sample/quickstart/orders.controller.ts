import { Controller, UseInterceptors } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  BrokerClient,
  BrokerContext,
  BrokerGroup,
  InjectBroker,
  OnRequest,
  OnTask,
} from 'nestjs-broker';
import { JournalInterceptor } from './journal.interceptor.js';
import { Ledger, type Total } from './ledger.js';
import { ATTEMPTS, type Order, type PaidOrder } from './order.js';
import { Payments } from './payments.js';

@Controller()
@BrokerGroup('orders')
export class OrdersController {
  constructor(
    @InjectBroker() private readonly broker: BrokerClient,
    private readonly payments: Payments,
    private readonly ledger: Ledger,
  ) {}

  @OnTask('pay', { attempts: ATTEMPTS, backoff: { delay: '50ms', max: '200ms' } })
  @UseInterceptors(JournalInterceptor)
  async pay(@Payload() order: Order, @Ctx() ctx: BrokerContext): Promise<void> {
    await this.payments.charge(order, ctx.attempt);
    const paid: PaidOrder = { id: order.id, customer: order.customer, cents: order.cents };
    this.ledger.add(paid);
    await this.broker.publish('orders.paid', paid);
  }

  @OnRequest('total')
  total(@Payload('customer') customer: string): Total {
    return this.ledger.total(customer);
  }
}
