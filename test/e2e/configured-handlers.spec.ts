import { Controller } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  BrokerContext,
  BrokerGroup,
  BrokerModule,
  OnEvent,
  OnRequest,
  OnTask,
  brokerMicroservice,
  getBrokerToken,
  type BrokerClient,
  type BrokerOptions,
} from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../support/recorder.js';
import {
  brokerOptions,
  closing,
  LogBook,
  moduleOf,
  modes,
  quiet,
  testApp,
} from '../support/test-app.js';

/** A controller whose names and options are a matter of configuration. */
function ordersOf(seen: Recorder<string>): new () => object {
  @Controller()
  @BrokerGroup('orders')
  class OrdersController {
    @OnTask({ handler: 'createOrder', attempts: 4 })
    create(@Payload() data: string, @Ctx() ctx: BrokerContext): void {
      seen.record(`${ctx.name} ${data} ${ctx.attempt}`);
      if (data === 'bad') throw new Error('it fails');
    }

    @OnEvent({ handler: 'orderEvents' })
    changed(@Payload() data: string, @Ctx() ctx: BrokerContext): void {
      seen.record(`${ctx.name} ${data}`);
    }

    @OnRequest({ handler: 'getOrder' })
    get(@Payload() data: string, @Ctx() ctx: BrokerContext): string {
      return `${ctx.name} ${data}`;
    }
  }
  return OrdersController;
}

const handlers: NonNullable<BrokerOptions['handlers']> = {
  createOrder: { name: 'create.eu', attempts: 2, concurrency: 3 },
  orderEvents: { name: 'changed.*' },
  getOrder: { concurrency: 2 },
};

describe.each(modes)('handlers that are set up at run time, %s', (mode) => {
  it('have the names and options of the configuration, behind their group', async () => {
    const seen = new Recorder<string>();
    const logger = new LogBook();
    const options = brokerOptions(mode, { handlers, logger });
    const { broker } = await testApp({ broker: options, controllers: [ordersOf(seen)] });
    await broker.enqueue('orders.create.eu', 'bad');
    await seen.count(2);
    await broker.publish('orders.changed.eu', 'x');
    await seen.count(3);
    expect(await broker.request('orders.getOrder', 1)).toBe('orders.getOrder 1');
    expect(seen.all).toEqual([
      'orders.create.eu bad 1',
      'orders.create.eu bad 2',
      'orders.changed.eu x',
    ]);
    expect(logger.warnings).toEqual([]);
    expect(logger.lines).toEqual([
      expect.stringMatching(
        /; 1 task \(orders\.create\.eu\), 1 event \(orders\.changed\.\*\), 1 request \(orders\.getOrder\)$/,
      ),
    ]);
  });
});

describe('handlers that are set up at run time', () => {
  const start = async (options: BrokerOptions, seen = new Recorder<string>()) => {
    const broker = brokerOptions('memory', options);
    return await testApp({ broker, controllers: [ordersOf(seen)] });
  };

  it('work in the classic form, too', async () => {
    const seen = new Recorder<string>();
    const broker = brokerOptions('memory', { handlers, autoStart: false });
    const module = moduleOf({
      imports: [BrokerModule.forRoot(broker)],
      controllers: [ordersOf(seen)],
    });
    const app = closing(
      await NestFactory.createMicroservice(module, { ...brokerMicroservice(), ...quiet }),
    );
    await app.listen();
    const client = app.get<BrokerClient>(getBrokerToken());
    expect(await client.request('orders.getOrder', 1)).toBe('orders.getOrder 1');
  });

  it('are those of the broker of their group', async () => {
    @Controller()
    @BrokerGroup('bills', { broker: 'billing' })
    class Bills {
      @OnRequest({ handler: 'get' })
      get(@Ctx() ctx: BrokerContext): string {
        return ctx.name;
      }
    }
    const billing = brokerOptions('memory', {
      name: 'billing',
      handlers: { get: { name: 'read' } },
    });
    const { app } = await testApp({
      broker: brokerOptions('memory'),
      imports: [BrokerModule.forRoot(billing)],
      controllers: [Bills],
    });
    const client = app.get<BrokerClient>(getBrokerToken('billing'));
    expect(await client.request('bills.read', 1)).toBe('bills.read');
  });

  it.each([
    [
      { createOrder: {}, orderEvents: {} },
      '@OnRequest({ handler: "getOrder" }) on OrdersController.get: the option handlers has no such key, it has createOrder, orderEvents',
    ],
    [
      undefined,
      '@OnTask({ handler: "createOrder" }) on OrdersController.create: the option handlers has no such key, it has none',
    ],
    [
      { ...handlers, getOrder: { attempts: 2 } },
      '@OnRequest({ handler: "getOrder" }) on OrdersController.get: handlers.getOrder: attempts: there is no such option',
    ],
    [
      { ...handlers, getOrder: { concurrency: 0 } },
      'handlers.getOrder.concurrency is 0, allowed: a whole number from 1',
    ],
    [
      { ...handlers, getOrder: { retries: 0 } },
      'handlers.getOrder.retries: there is no such option',
    ],
    [{ ...handlers, getOrder: 'get' }, 'handlers.getOrder is "get", allowed: an object'],
  ])('stop the start where the configuration is wrong: %j', async (wrong, message) => {
    const options = (wrong === undefined ? {} : { handlers: wrong }) as BrokerOptions;
    await expect(start(options)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(message) as string,
    });
  });

  it('stop the start where a name is wrong', async () => {
    const bad = { ...handlers, createOrder: { name: '' } };
    await expect(start({ handlers: bad })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    const long = { ...handlers, createOrder: { name: 'x'.repeat(256) } };
    await expect(start({ handlers: long })).rejects.toMatchObject({
      code: 'INVALID_NAME',
      message: expect.stringContaining('handlers.createOrder.name') as string,
    });
  });

  it('are missed where nothing asks for them, in a warning', async () => {
    const logger = new LogBook();
    await start({ logger, handlers: { ...handlers, cancelOrder: { name: 'cancel' } } });
    expect(logger.warnings).toEqual([
      'handlers.cancelOrder is not used: no handler of the broker "default" says it',
    ]);
  });
});
