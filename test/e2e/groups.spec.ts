import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { BrokerGroup, OnEvent, OnRequest, OnTask, type BrokerContext } from 'nestjs-broker';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, modes, testApp } from '../support/test-app.js';

describe.each(modes)('groups (%s)', (mode) => {
  it('put their prefix before the names of handlers and messages', async () => {
    const seen = new Recorder<string>();
    @Controller()
    @BrokerGroup('orders')
    class Orders {
      @OnTask('create')
      create(@Ctx() { name }: BrokerContext): void {
        seen.record(name);
      }

      @OnEvent('events')
      on(@Ctx() { name }: BrokerContext): void {
        seen.record(name);
      }

      @OnRequest('get')
      get(@Payload() id: number): string {
        return `order ${id}`;
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    const orders = broker.group('orders');

    const { id } = await orders.enqueue('create');
    expect(id).toMatch(/^orders\.create:/);
    expect(await seen.next()).toBe('orders.create');
    await broker.enqueue('orders.create');
    await orders.enqueueMany([{ name: 'create' }]);
    expect(await seen.count(3)).toEqual(Array.from({ length: 3 }, () => 'orders.create'));
    await orders.publish('events');
    orders.emit('events', {});
    expect((await seen.count(5)).slice(3)).toEqual(['orders.events', 'orders.events']);
    expect(await orders.request('get', 1)).toBe('order 1');
    expect(await firstValueFrom(orders.send('get', 2))).toBe('order 2');
    expect(await broker.request('orders.get', 3)).toBe('order 3');
    await expect(orders.enqueue('')).rejects.toMatchObject({ code: 'INVALID_NAME' });
  });

  it('nest, in the client and by inheritance', async () => {
    class Base {
      @OnRequest('name')
      name(@Ctx() context: BrokerContext): string {
        return context.name;
      }
    }
    BrokerGroup('shop')(Base);

    @Controller()
    @BrokerGroup('eu')
    class Eu extends Base {
      @OnRequest('own')
      own(@Ctx() context: BrokerContext): string {
        return context.name;
      }
    }

    @Controller()
    @BrokerGroup('outer')
    @BrokerGroup('inner')
    class Twice extends Base {}

    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Eu, Twice] });
    expect(await broker.group('shop').group('eu').request('name')).toBe('shop.eu.name');
    expect(await broker.request('shop.eu.own')).toBe('shop.eu.own');
    expect(await broker.request('shop.outer.inner.name')).toBe('shop.outer.inner.name');
  });
});
