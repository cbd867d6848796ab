// What a contract lets the compiler check. Nothing here runs: the type check of test/ fails when it changes.
import type { ClientProxy } from '@nestjs/microservices';
import {
  BrokerRecordBuilder,
  createBrokerClient,
  type BrokerClient,
  type BrokerContract,
  type BrokerGroupClient,
  type BrokerRecord,
  type TaskMessage,
} from 'nestjs-broker';
import type { Observable } from 'rxjs';
import { describe, expectTypeOf, it } from 'vitest';

interface Order {
  readonly id: number;
}

interface Shop {
  tasks: { 'orders.pay': Order; 'orders.sweep': undefined; mail: { to: string } };
  events: { 'orders.paid': Order; 'prices.changed': { sku: string } };
  requests: {
    'orders.get': { payload: { id: number }; reply: Order };
    'orders.eu.count': { reply: number };
  };
}

declare const shop: BrokerClient<Shop>;
declare const free: BrokerClient;
declare const record: BrokerRecord<Order>;

describe('a contract', () => {
  it('is one by its shape', () => {
    expectTypeOf<Shop>().toExtend<BrokerContract>();
    expectTypeOf(shop).toExtend<ClientProxy>();
    expectTypeOf(createBrokerClient<Shop>()).toEqualTypeOf<BrokerClient<Shop>>();
  });

  it('knows tasks and their payloads', () => {
    expectTypeOf(shop.enqueue('orders.pay', { id: 1 }, { key: 'a' })).toExtend<Promise<object>>();
    void shop.enqueue('orders.sweep');
    void shop.enqueue('orders.pay', record);
    // @ts-expect-error there is no such task
    void shop.enqueue('orders.pya', { id: 1 });
    // @ts-expect-error an event is no task
    void shop.enqueue('orders.paid', { id: 1 });
    // @ts-expect-error the payload is missing
    void shop.enqueue('orders.pay');
    // @ts-expect-error the payload is another one
    void shop.enqueue('orders.pay', { id: 'one' });
    // @ts-expect-error so is the payload of the record
    void shop.enqueue('orders.pay', new BrokerRecordBuilder({ to: 'a' }).build());
    // @ts-expect-error there is no such option
    void shop.enqueue('orders.pay', { id: 1 }, { priority: 1 });
  });

  it('knows batches', () => {
    void shop.enqueueMany([
      { name: 'orders.pay', data: { id: 1 } },
      { name: 'mail', data: { to: 'a' }, options: { delay: '1s' } },
      { name: 'orders.sweep' },
    ]);
    // @ts-expect-error the payload belongs to another name
    void shop.enqueueMany([{ name: 'mail', data: { id: 1 } }]);
    expectTypeOf<{ name: 'mail'; data: { to: string } }>().toExtend<TaskMessage<Shop>>();
    expectTypeOf<{ name: string; data: Order }>().toExtend<TaskMessage>();
  });

  it('knows events', () => {
    expectTypeOf(shop.publish('orders.paid', { id: 1 })).toEqualTypeOf<Promise<void>>();
    expectTypeOf(shop.emit('orders.paid', record)).toEqualTypeOf<Observable<void>>();
    // @ts-expect-error there is no such event
    void shop.publish('orders.pay', { id: 1 });
    // @ts-expect-error the payload is another one
    shop.emit('prices.changed', { id: 1 });
  });

  it('knows requests and their replies', () => {
    expectTypeOf(shop.request('orders.get', { id: 1 })).toEqualTypeOf<Promise<Order>>();
    expectTypeOf(shop.request('orders.eu.count')).toEqualTypeOf<Promise<number>>();
    expectTypeOf(shop.send('orders.get', { id: 1 })).toEqualTypeOf<Observable<Order>>();
    // @ts-expect-error there is no such request
    void shop.request('orders.gte', { id: 1 });
    // @ts-expect-error the payload is another one
    void shop.request('orders.get', { id: 'one' });
    // @ts-expect-error the reply is known: nobody says what it is
    void shop.request<string>('orders.get', { id: 1 });
    // @ts-expect-error there is no such request
    shop.send('orders.gte', {});
  });

  it('holds in groups, nested ones too', () => {
    const orders = shop.group('orders');
    expectTypeOf(orders.request('get', { id: 1 })).toEqualTypeOf<Promise<Order>>();
    expectTypeOf(orders.group('eu').request('count')).toEqualTypeOf<Promise<number>>();
    void orders.enqueue('pay', { id: 1 });
    void orders.publish('paid', { id: 1 });
    // @ts-expect-error it is another group
    void orders.publish('changed', { sku: 'a' });
    // @ts-expect-error within a group names are without it
    void orders.enqueue('orders.pay', { id: 1 });
  });

  it('has no names of a kind that it leaves out', () => {
    const sender = createBrokerClient<{ events: { happened: undefined } }>();
    void sender.publish('happened');
    // @ts-expect-error it has no tasks
    void sender.enqueue('happened');
  });
});

describe('without a contract', () => {
  it('every name is allowed, with any payload', () => {
    expectTypeOf(free.request<Order>('any', 1)).toEqualTypeOf<Promise<Order>>();
    expectTypeOf(free.request('any')).toEqualTypeOf<Promise<unknown>>();
    expectTypeOf(free.send<Order>({ cmd: 'get' }, {})).toEqualTypeOf<Observable<Order>>();
    free.send('any', {}).subscribe((any: number) => expectTypeOf(any).toBeNumber());
    expectTypeOf(free.group('orders')).toEqualTypeOf<BrokerGroupClient>();
    void free.enqueue('any', { a: 1 }, { key: 'a' });
    void free.enqueue('any');
    const anywhere = (name: string): unknown => free.publish(name, record);
    expectTypeOf(anywhere).toBeFunction();
  });
});
