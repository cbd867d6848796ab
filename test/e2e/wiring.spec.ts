import { Controller, Injectable, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AsyncMicroserviceOptions } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  BrokerClient,
  BrokerModule,
  BrokerServer,
  brokerMicroservice,
  OnTask,
  type BrokerOptions,
} from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
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
import { expectOnce, listener } from './each-kind.js';

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
