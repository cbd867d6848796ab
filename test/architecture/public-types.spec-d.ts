// The signatures users rely on. Nothing here runs: the type check of test/ fails when one changes.
import type { DynamicModule } from '@nestjs/common';
import type { ClientProxy } from '@nestjs/microservices';
import {
  BrokerModule,
  createBrokerClient,
  InjectBroker,
  OnEvent,
  OnRequest,
  OnTask,
  type BrokerClient,
  type BrokerContext,
  type BrokerError,
  type BrokerOptions,
  type CancelResult,
  type Duration,
  type ErrorCode,
  type TimeoutError,
} from 'nestjs-broker';
import type { Observable } from 'rxjs';
import { describe, expectTypeOf, it } from 'vitest';

interface Order {
  readonly id: number;
}
declare const broker: BrokerClient;

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

describe('handlers', () => {
  it('are marked by method decorators', () => {
    expectTypeOf(
      OnTask('create', { attempts: 5, timeout: '30s' }),
    ).toEqualTypeOf<MethodDecorator>();
    expectTypeOf(OnEvent('changed')).toEqualTypeOf<MethodDecorator>();
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
