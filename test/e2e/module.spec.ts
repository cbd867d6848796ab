import { Controller, Injectable, type OnModuleInit } from '@nestjs/common';
import { APP_PIPE, NestFactory } from '@nestjs/core';
import { Payload, type AsyncMicroserviceOptions } from '@nestjs/microservices';
import {
  BrokerClient,
  BrokerGroup,
  BrokerModule,
  brokerMicroservice,
  getBrokerToken,
  InjectBroker,
  InvalidConfigError,
  OnRequest,
  OnTask,
  type BrokerOptions,
  type BrokerOptionsFactory,
} from 'nestjs-broker';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, closing, LogBook, moduleOf, quiet, testApp } from '../support/test-app.js';
import { expectOnce, listener } from './each-kind.js';

describe('the module', () => {
  it('injects its client by decorator and by class, and works before the app has started', async () => {
    @Injectable()
    class Producer implements OnModuleInit {
      constructor(
        @InjectBroker() readonly byName: BrokerClient,
        readonly byClass: BrokerClient,
      ) {}

      async onModuleInit(): Promise<void> {
        await this.byName.enqueue('early');
      }
    }
    const { app, broker } = await testApp({
      broker: brokerOptions('memory'),
      providers: [Producer],
    });
    const producer = app.get(Producer);
    expect(producer.byName).toBe(broker);
    expect(producer.byClass).toBe(broker);
    expect(app.get(getBrokerToken())).toBe(broker);
    expect((await broker.stats()).unclaimed).toBe(1);
  });

  it('takes options from a factory, a class and an existing provider', async () => {
    let options = brokerOptions('memory');
    @Injectable()
    class Settings implements BrokerOptionsFactory {
      createBrokerOptions(): BrokerOptions {
        return options;
      }
    }
    const SettingsModule = moduleOf({ providers: [Settings], exports: [Settings] });
    const forms = [
      BrokerModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async (settings: Settings) => settings.createBrokerOptions(),
      }),
      BrokerModule.forRootAsync({ useClass: Settings }),
      BrokerModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings }),
    ];
    for (const form of forms) {
      options = brokerOptions('memory');
      const { Listener, seen } = listener();
      const module = moduleOf({ imports: [form], controllers: [Listener] });
      const app = await NestFactory.createApplicationContext(module, quiet);
      await expectOnce(options, seen);
      await app.close();
    }
    expect(() => BrokerModule.forRootAsync({})).toThrow(InvalidConfigError);
  });

  it('keeps several brokers apart', async () => {
    const shop = brokerOptions('memory');
    const billing = brokerOptions('memory', { name: 'billing' });
    const seen = new Recorder<string>();
    @Controller()
    class Orders {
      constructor(@InjectBroker('billing') readonly billing: BrokerClient) {}

      @OnTask('create')
      async create(@Payload() id: number): Promise<void> {
        seen.record(`order ${id}`);
        await this.billing.enqueue('invoices.create', id);
      }
    }
    @Controller()
    @BrokerGroup('invoices', { broker: 'billing' })
    class Invoices {
      @OnTask('create')
      create(@Payload() id: number): void {
        seen.record(`invoice ${id}`);
      }
    }
    const { app, broker } = await testApp({
      broker: shop,
      imports: [BrokerModule.forRoot(billing)],
      controllers: [Orders, Invoices],
    });
    await broker.enqueue('create', 1);
    expect(await seen.count(2)).toEqual(['order 1', 'invoice 1']);
    const names = async (client: BrokerClient): Promise<string[]> =>
      (await client.stats()).names.map(({ name }) => name);
    expect(await names(broker)).toEqual(['create']);
    expect(await names(app.get<BrokerClient>(getBrokerToken('billing')))).toEqual([
      'invoices.create',
    ]);
  });

  it('lets the classic form inherit global enhancers on demand', async () => {
    @Controller()
    class Orders {
      @OnRequest('echo')
      echo(@Payload() data: unknown): unknown {
        return data;
      }
    }
    const module = moduleOf({
      imports: [BrokerModule.forRoot(brokerOptions('memory'))],
      controllers: [Orders],
      providers: [{ provide: APP_PIPE, useValue: { transform: () => 'piped' } }],
    });
    const app = closing(await NestFactory.create(module, quiet));
    app.connectMicroservice<AsyncMicroserviceOptions>(
      brokerMicroservice('default', { inheritAppConfig: true }),
      { inheritAppConfig: true },
    );
    await app.startAllMicroservices();
    await app.init();
    expect(await firstValueFrom(app.get(BrokerClient).send('echo', 'raw'))).toBe('piped');
  });

  it('says in one line what runs where, without a password', async () => {
    const logger = new LogBook();
    const { Listener } = listener();
    await testApp({
      broker: brokerOptions('memory', { logger, service: 'orders', instanceName: 'one' }),
      controllers: [Listener],
    });
    expect(logger.lines).toHaveLength(1);
    expect(logger.lines[0]).toMatch(
      /^Broker "default" in memory: app "e2e-\w+", service "orders", instance "one", mode memory, strategy competing; 1 task \(task\), 1 event \(event\), 1 request \(request\)$/,
    );
    expect(logger.warnings).toEqual([]);
  });

  it('works behind the proxies of an instance decorator', async () => {
    const options = brokerOptions('memory');
    const { Listener, seen } = listener();
    const module = moduleOf({ imports: [BrokerModule.forRoot(options)], controllers: [Listener] });
    const instanceDecorator = (instance: unknown): unknown =>
      typeof instance === 'object' && instance !== null ? new Proxy(instance, {}) : instance;
    const app = closing(
      await NestFactory.create(module, { ...quiet, instrument: { instanceDecorator } }),
    );
    app.connectMicroservice<AsyncMicroserviceOptions>(brokerMicroservice());
    await app.startAllMicroservices();
    await app.init();
    await expectOnce(options, seen);
    const broker = app.get(BrokerClient);
    expect(await broker.request('request')).toBe('reply');
    expect(await firstValueFrom(broker.send('request', {}))).toBe('reply');
    expect(await broker.health()).toMatchObject({ status: 'up' });
  });
});
