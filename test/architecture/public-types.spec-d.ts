// The signatures users rely on. Nothing here runs: the type check of test/ fails when one changes.
import type { DynamicModule } from '@nestjs/common';
import type { ClientProxy } from '@nestjs/microservices';
import {
  BrokerModule,
  createBrokerClient,
  getBalancerToken,
  InjectBalancer,
  InjectBroker,
  OnEvent,
  type OnEventOptions,
  OnRequest,
  OnTask,
  type BalanceStrategy,
  type BrokerBalancer,
  type BrokerClient,
  type BrokerContext,
  type BrokerError,
  type BrokerOptions,
  type CancelResult,
  type ConsumerInfo,
  type Duration,
  type ErrorCode,
  type RouteMessage,
  type RouteView,
  type StrategyOption,
  type TimeoutError,
} from 'nestjs-broker';
import type { Observable } from 'rxjs';
import { describe, expectTypeOf, it } from 'vitest';

interface Order {
  readonly id: number;
}
declare const broker: BrokerClient;
declare const balancer: BrokerBalancer;

describe('the module', () => {
  it('needs no options', () => {
    expectTypeOf(BrokerModule.forRoot()).toEqualTypeOf<DynamicModule>();
    expectTypeOf<object>().toExtend<BrokerOptions>();
    expectTypeOf<Duration>().toEqualTypeOf<number | string>();
  });

  it('lets a factory have what it injects', () => {
    const useFactory = (name: string): BrokerOptions => ({ appName: name });
    expectTypeOf(BrokerModule.forRootAsync({ inject: ['NAME'], useFactory })).toExtend<object>();
  });

  it('knows the modes, and no other', () => {
    expectTypeOf<{ mode: 'redis' }>().toExtend<BrokerOptions>();
    expectTypeOf<{ mode: 'hybrid' }>().toExtend<BrokerOptions>();
    expectTypeOf<{ mode: 'tape' }>().not.toExtend<BrokerOptions>();
  });
});

describe('the client', () => {
  it('is a ClientProxy', () => {
    expectTypeOf(broker).toExtend<ClientProxy>();
    expectTypeOf(broker.send<Order>('orders.get', {})).toEqualTypeOf<Observable<Order>>();
    expectTypeOf(createBrokerClient()).toEqualTypeOf<BrokerClient>();
  });

  it('has promise methods', () => {
    expectTypeOf(broker.request<Order>('orders.get')).toEqualTypeOf<Promise<Order>>();
    expectTypeOf(broker.request('orders.get')).toEqualTypeOf<Promise<unknown>>();
    expectTypeOf(broker.stream<Order>('orders.all')).toExtend<AsyncIterable<Order>>();
    expectTypeOf(broker.group('orders').stream('all')).toExtend<AsyncIterable<unknown>>();
    expectTypeOf(broker.publish('orders.changed', { id: 1 })).toEqualTypeOf<Promise<void>>();
    expectTypeOf(broker.cancel('id')).toEqualTypeOf<Promise<CancelResult>>();
    expectTypeOf<CancelResult>().toEqualTypeOf<'removed' | 'signalled' | 'unknown'>();
  });

  it('tells of each task whether it was accepted', () => {
    expectTypeOf(broker.enqueue('orders.create', { id: 1 })).resolves.toExtend<{
      readonly id: string;
      readonly duplicate: boolean;
    }>();
    expectTypeOf<BrokerClient['enqueue']>()
      .parameter(2)
      .toExtend<
        { key?: string; delay?: Duration; dedupeId?: string; attempts?: number } | undefined
      >();
  });
});

describe('the balancer', () => {
  it("knows the strategies, a user's own, and no other", () => {
    expectTypeOf<'least_conn'>().toExtend<StrategyOption>();
    expectTypeOf<BalanceStrategy>().toExtend<StrategyOption>();
    expectTypeOf<'fastest'>().not.toExtend<StrategyOption>();
    expectTypeOf<{
      queues: { heavy: { maxJobs: 2; strategy: 'weighted' } };
    }>().toExtend<BrokerOptions>();
    expectTypeOf(getBalancerToken('billing')).toEqualTypeOf<string>();
    expectTypeOf(InjectBalancer()).toEqualTypeOf<ParameterDecorator & PropertyDecorator>();
  });

  it('asks a strategy for an id, and shows it a message and who can take it', () => {
    expectTypeOf<BalanceStrategy['route']>().parameters.toEqualTypeOf<[RouteMessage, RouteView]>();
    expectTypeOf<BalanceStrategy['route']>().returns.toEqualTypeOf<string | undefined>();
    expectTypeOf<RouteView['consumers'][number]['load']>().toEqualTypeOf<number>();
    expectTypeOf<RouteMessage['kind']>().toEqualTypeOf<'task' | 'event' | 'request'>();
  });

  it('tells of instances and their changes', () => {
    expectTypeOf(balancer.consumers()).resolves.toEqualTypeOf<ConsumerInfo[]>();
    expectTypeOf(balancer.consumer('id')).resolves.toEqualTypeOf<ConsumerInfo | undefined>();
    expectTypeOf(balancer.setWeight('id', 1)).toEqualTypeOf<Promise<void>>();
    expectTypeOf(balancer.setWeight(1)).toEqualTypeOf<Promise<void>>();
    expectTypeOf(balancer.self).toEqualTypeOf<string | undefined>();
    expectTypeOf<BrokerBalancer['on']>().returns.toEqualTypeOf<() => void>();
  });
});

describe('handlers', () => {
  it('are marked by method decorators', () => {
    expectTypeOf(
      OnTask('create', { attempts: 5, timeout: '30s', queue: 'heavy' }),
    ).toEqualTypeOf<MethodDecorator>();
    expectTypeOf(OnEvent('changed')).toEqualTypeOf<MethodDecorator>();
    expectTypeOf(OnEvent).parameter(1).toEqualTypeOf<OnEventOptions | undefined>();
    expectTypeOf<{ durable: true; from: 'earliest'; attempts: 3 }>().toExtend<OnEventOptions>();
    expectTypeOf<{ attempts: 3 }>().not.toExtend<OnEventOptions>();
    expectTypeOf(OnRequest('get')).toEqualTypeOf<MethodDecorator>();
    expectTypeOf(InjectBroker()).toEqualTypeOf<ParameterDecorator & PropertyDecorator>();
  });

  it('learn of their message', () => {
    expectTypeOf<BrokerContext['attempt']>().toEqualTypeOf<number>();
    expectTypeOf<BrokerContext['signal']>().toEqualTypeOf<AbortSignal>();
    expectTypeOf<BrokerContext['payload']>().toEqualTypeOf<Buffer>();
    expectTypeOf<BrokerContext['key']>().toEqualTypeOf<string | undefined>();
  });
});

describe('errors', () => {
  it('have a code', () => {
    expectTypeOf<TimeoutError>().toExtend<BrokerError>();
    expectTypeOf<ErrorCode>().toExtend<BrokerError['code']>();
    expectTypeOf<BrokerError['retryable']>().toEqualTypeOf<boolean>();
    expectTypeOf<BrokerError['outcome']>().toEqualTypeOf<'not-sent' | 'unknown' | undefined>();
  });
});
