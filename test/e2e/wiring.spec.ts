import { Controller, Injectable, type OnModuleInit } from '@nestjs/common';
import { APP_PIPE, NestFactory } from '@nestjs/core';
import { Payload, type AsyncMicroserviceOptions } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  BrokerClient,
  BrokerGroup,
  BrokerModule,
  BrokerServer,
  brokerMicroservice,
  DuplicateHandlerError,
  getBrokerToken,
  InjectBroker,
  InvalidConfigError,
  OnEvent,
  OnRequest,
  OnTask,
  type BrokerOptions,
  type BrokerOptionsFactory,
} from 'nestjs-broker';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import {
  brokerOptions,
  closing,
  LogBook,
  moduleOf,
  modes,
  quiet,
  testApp,
  testClient,
} from '../support/test-app.js';

/** A controller whose handlers tell that they ran. */
function listener(): { readonly Listener: new () => object; readonly seen: Recorder<string> } {
  const seen = new Recorder<string>();
  @Controller()
  class Listener {
    @OnTask('task')
    task(): void {
      seen.record('task');
    }

    @OnEvent('event')
    event(): void {
      seen.record('event');
    }

    @OnRequest('request')
    request(): string {
      seen.record('request');
      return 'reply';
    }
  }
  return { Listener, seen };
}

/** Sends one of each kind from outside the app: each is handled, and once. */
async function expectOnce(options: BrokerOptions, seen: Recorder<string>): Promise<void> {
  const client = testClient(options);
  await client.enqueue('task');
  await client.publish('event');
  expect(await client.request('request')).toBe('reply');
  await seen.count(3);
  await eventually(async () => expect((await client.stats()).counters.done).toBe(2));
  expect([...seen.all].toSorted()).toEqual(['event', 'request', 'task']);
}

const parts = (mode: (typeof modes)[number], more: BrokerOptions = {}) => {
  const { Listener, seen } = listener();
  const options = brokerOptions(mode, more);
  const module = moduleOf({ imports: [BrokerModule.forRoot(options)], controllers: [Listener] });
  return { options, seen, module };
};

describe.each(modes)('an app starts its handlers (%s)', (mode) => {
  it('as an application context', async () => {
    const { options, seen, module } = parts(mode);
    closing(await NestFactory.createApplicationContext(module, quiet));
    await expectOnce(options, seen);
  });

  it('as an HTTP app', async () => {
    const { options, seen, module } = parts(mode);
    const app = closing(await NestFactory.create(module, quiet));
    await app.listen(0, '127.0.0.1');
    await expectOnce(options, seen);
  });

  it('as a microservice, by listen() and by init()', async () => {
    const create = (module: object) =>
      NestFactory.createMicroservice<AsyncMicroserviceOptions>(module, {
        ...brokerMicroservice(),
        ...quiet,
      });
    const listening = parts(mode);
    await closing(await create(listening.module)).listen();
    await expectOnce(listening.options, listening.seen);

    const initialised = parts(mode);
    const app = closing(await create(initialised.module));
    await app.init();
    await app.listen();
    await expectOnce(initialised.options, initialised.seen);
  });

  it('as a hybrid app with both forms, in any order, and never twice', async () => {
    for (const startFirst of [true, false]) {
      const { options, seen, module } = parts(mode);
      const app = closing(await NestFactory.create(module, quiet));
      app.connectMicroservice<AsyncMicroserviceOptions>(brokerMicroservice());
      if (startFirst) await app.startAllMicroservices();
      await app.init();
      if (!startFirst) await app.startAllMicroservices();
      await expectOnce(options, seen);
    }
  });

  it('as a hybrid app with deferred initialisation', async () => {
    const { options, seen, module } = parts(mode);
    const app = closing(await NestFactory.create(module, quiet));
    app.connectMicroservice<AsyncMicroserviceOptions>(brokerMicroservice(), {
      deferInitialization: true,
    });
    await app.init();
    await app.startAllMicroservices();
    await expectOnce(options, seen);
  });

  it('in the classic form only, when autoStart is off', async () => {
    const { options, seen, module } = parts(mode, { autoStart: false });
    const app = closing(await NestFactory.create(module, quiet));
    await app.init();
    expect((await app.get(BrokerClient).stats()).consumers).toEqual([]);
    app.connectMicroservice<AsyncMicroserviceOptions>(brokerMicroservice());
    await app.startAllMicroservices();
    await expectOnce(options, seen);
  });

  it('from a testing module', async () => {
    const { options, seen, module } = parts(mode);
    const testing = await Test.createTestingModule({ imports: [module] }).compile();
    const app = closing(testing.createNestApplication(quiet));
    await app.init();
    await expectOnce(options, seen);
  });

  it('only after everything was initialised', async () => {
    const steps: string[] = [];
    const options = brokerOptions(mode);
    await testClient(options).enqueue('early');
    @Injectable()
    class Slow implements OnModuleInit {
      async onModuleInit(): Promise<void> {
        await new Promise((resolve) => setTimeout(resolve, 50));
        steps.push('init');
      }

      onApplicationBootstrap(): void {
        steps.push('bootstrap');
      }
    }
    @Controller()
    class Early {
      @OnTask('early')
      early(): void {
        steps.push('handled');
      }
    }
    const module = moduleOf({
      imports: [BrokerModule.forRoot(options)],
      controllers: [Early],
      providers: [Slow],
    });
    const app = closing(await NestFactory.create(module, quiet));
    app.connectMicroservice<AsyncMicroserviceOptions>(brokerMicroservice());
    await app.startAllMicroservices();
    await app.init();
    await eventually(() => expect(steps).toEqual(['init', 'bootstrap', 'handled']));
  });

  it('and joins nothing when it has none', async () => {
    const logger = new LogBook();
    const { app, broker } = await testApp({ broker: brokerOptions(mode, { logger }) });
    expect((await broker.stats()).consumers).toEqual([]);
    expect(await broker.health()).toMatchObject({ status: 'up', consuming: true });
    expect(app.get(BrokerServer).unwrap<{ consumerId?: string }>().consumerId).toBeUndefined();
    expect(logger.lines).toEqual([expect.stringMatching(/sends only/)]);
  });
});

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
      /^Broker "default" in memory: app "e2e-\w+", service "orders", instance "one"; task task; event event; request request$/,
    );
    expect(logger.warnings).toEqual([]);
  });
});

describe('a start is refused', () => {
  const start = (...controllers: (new () => object)[]): Promise<unknown> =>
    testApp({ broker: brokerOptions('memory'), controllers });

  it('for two handlers of one task or request name', async () => {
    @Controller()
    class First {
      @OnTask('create')
      create(): void {}
    }
    @Controller()
    class Second {
      @OnTask('create')
      other(): void {}
    }
    const refused = start(First, Second);
    await expect(refused).rejects.toThrow(DuplicateHandlerError);
    await expect(refused).rejects.toThrow(
      'the task "create" has two handlers: First.create and Second.other',
    );
  });

  it('for a method that also has a pattern of Nest', async () => {
    const { EventPattern } = await import('@nestjs/microservices');
    @Controller()
    class Both {
      @EventPattern<string>('native')
      @OnTask('create')
      create(): void {}
    }
    await expect(start(Both)).rejects.toThrow(/Both\.create: the method has a pattern of Nest too/);
  });

  it('for handlers of a request-scoped provider', async () => {
    const { Scope } = await import('@nestjs/common');
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      @OnTask('create')
      create(): void {}
    }
    const refused = testApp({ broker: brokerOptions('memory'), providers: [Scoped] });
    await expect(refused).rejects.toThrow(/Scoped\.create.*make it a controller/);
  });

  it('for a broker that is imported twice, or without forRoot', async () => {
    const options = brokerOptions('memory');
    const twice = testApp({ broker: options, imports: [BrokerModule.forRoot(options)] });
    await expect(twice).rejects.toThrow(/imported twice for the broker "default"/);
    const bare = NestFactory.createApplicationContext(BrokerModule, quiet);
    await expect(bare).rejects.toThrow(/forRoot\(\)/);
  });

  it('for names that are too long with their group', async () => {
    @Controller()
    @BrokerGroup('g'.repeat(200))
    class Long {
      @OnTask('t'.repeat(100))
      create(): void {}
    }
    await expect(start(Long)).rejects.toMatchObject({ code: 'INVALID_NAME' });
  });
});
