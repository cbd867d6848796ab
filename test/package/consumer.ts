// Compiled, never run, beside the installed package: its types stand with each of the peers, in ES
// modules and in CommonJS, with the strictest settings.
import { Controller, Injectable, Module } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  BrokerClient,
  BrokerContext,
  BrokerGroup,
  BrokerModule,
  BrokerRecordBuilder,
  BrokerStrategy,
  InjectBroker,
  OnEvent,
  OnRequest,
  OnTask,
} from 'nestjs-broker';
import { createBrokerHarness, type BrokerHarness, type SentRecord } from 'nestjs-broker/testing';

interface Order {
  readonly id: number;
}

@Controller()
@BrokerGroup('orders')
export class OrdersController {
  @OnTask('create', { attempts: 3 })
  create(@Payload() order: Order, @Ctx() context: BrokerContext): string {
    return `${context.id} ${order.id}`;
  }

  @OnEvent('changed')
  changed(@Payload() order: Order): void {
    void order;
  }

  @OnRequest('get')
  get(@Payload() query: Order): Order {
    return query;
  }
}

@Injectable()
export class Sender {
  constructor(@InjectBroker() private readonly broker: BrokerClient) {}

  async send(): Promise<Order> {
    await this.broker.enqueue('orders.create', { id: 1 }, { key: 'a' });
    await this.broker.publish('orders.changed', { id: 1 });
    return this.broker.request<Order>('orders.get', { id: 1 });
  }
}

interface Shop {
  requests: { 'orders.get': { payload: Order; reply: Order } };
}

export const ask = (shop: BrokerClient<Shop>): Promise<Order> =>
  shop.request('orders.get', new BrokerRecordBuilder({ id: 1 }).setTimeout('1s').build());

export const strategy = (): BrokerStrategy => new BrokerStrategy({ appName: 'consumer' });

@Module({
  imports: [BrokerModule.forRoot({ appName: 'consumer' })],
  controllers: [OrdersController],
  providers: [Sender],
})
export class AppModule {}

const harness: BrokerHarness = createBrokerHarness({ now: 0 });
export const testing = [harness.module({ appName: 'consumer' }), harness.client<Shop>()];
export const sent = (): readonly SentRecord[] => harness.enqueued('orders.create');
