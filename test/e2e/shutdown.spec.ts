import { Controller, Inject, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, type AsyncMicroserviceOptions } from '@nestjs/microservices';
import {
  BrokerClient,
  BrokerModule,
  brokerMicroservice,
  createBrokerClient,
  InjectBroker,
  OnTask,
  type BrokerContext,
  type BrokerOptions,
} from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, moduleOf, modes, quiet, testApp, testClient } from '../support/test-app.js';

/** An app whose only handler waits to be told to go on, with a database in another module. */
function scene(options: BrokerOptions) {
  const steps: string[] = [];
  const started = new Recorder<BrokerContext>();
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));

  @Injectable()
  class Database implements OnModuleDestroy {
    onModuleDestroy(): void {
      steps.push('database closed');
    }
  }
  @Module({ providers: [Database], exports: [Database] })
  class DatabaseModule {}

  @Controller()
  class Orders implements OnModuleDestroy {
    constructor(
      @Inject(Database) readonly database: Database,
      @InjectBroker() private readonly broker: BrokerClient,
    ) {}

    @OnTask('create')
    async create(@Ctx() context: BrokerContext): Promise<void> {
      started.record(context);
      await Promise.race([
        released,
        new Promise((resolve) => context.signal.addEventListener('abort', resolve)),
      ]);
      await this.broker.enqueue('followed.up');
      steps.push('handled');
    }

    onModuleDestroy(): void {
      steps.push('controller destroyed');
    }

    async onApplicationShutdown(): Promise<void> {
      await this.broker.enqueue('last.words');
      steps.push('shut down');
    }
  }
  const module = moduleOf({
    imports: [BrokerModule.forRoot(options), DatabaseModule],
    controllers: [Orders],
  });
  return { steps, started, release: () => release(), module };
}

/** What is in memory stays as long as somebody looks at it. */
async function watching(options: BrokerOptions): Promise<BrokerClient> {
  const client = testClient(options);
  await client.connect();
  return client;
}

@Controller()
class Idle {
  @OnTask('idle')
  idle(): void {}
}

const ORDER = ['handled', 'controller destroyed', 'database closed', 'shut down'];

describe.each(modes)('shutdown (%s)', (mode) => {
  it('drains before anything of the app is destroyed; the client works until the end', async () => {
    const options = brokerOptions(mode);
    const watcher = await watching(options);
    const apps = {
      context: (module: object) => NestFactory.createApplicationContext(module, quiet),
      http: async (module: object) => (await NestFactory.create(module, quiet)).init(),
      hybrid: async (module: object) => {
        const app = await NestFactory.create(module, quiet);
        app.connectMicroservice<AsyncMicroserviceOptions>(brokerMicroservice());
        await app.startAllMicroservices();
        return app.init();
      },
    };
    let sent = 0;
    for (const create of Object.values(apps)) {
      const { steps, started, release, module } = scene(options);
      const app = await create(module);
      await app.get(BrokerClient).enqueue('create');
      await started.next();
      const closed = app.close();
      release();
      await closed;
      expect(steps).toEqual(ORDER);
      sent += 2;
      expect((await watcher.stats()).unclaimed).toBe(sent);
    }
  });

  it('of a microservice is the same', async () => {
    const { steps, started, release, module } = scene(brokerOptions(mode));
    const app = await NestFactory.createMicroservice<AsyncMicroserviceOptions>(module, {
      ...brokerMicroservice(),
      ...quiet,
    });
    await app.listen();
    await app.get(BrokerClient).enqueue('create');
    await started.next();
    const closed = app.close();
    release();
    await closed;
    expect(steps).toEqual(ORDER);
  });

  it('waits no longer than its grace time, and hands back what was not finished', async () => {
    const options = brokerOptions(mode, { shutdown: { grace: '50ms' } });
    await watching(options);
    const first = scene(options);
    const app = await NestFactory.createApplicationContext(first.module, quiet);
    const { id } = await app.get(BrokerClient).enqueue('create');
    const context = await first.started.next();
    await app.close();
    expect(context.signal.aborted).toBe(true);

    const second = scene(options);
    const next = await NestFactory.createApplicationContext(second.module, quiet);
    const again = await second.started.next();
    expect(again).toMatchObject({ id, attempt: 1 });
    second.release();
    await next.close();
  });

  it('gives what was not started to others at once', async () => {
    const options = brokerOptions(mode, { maxJobs: 1 });
    const first = scene(options);
    const app = await NestFactory.createApplicationContext(first.module, quiet);
    const broker = app.get(BrokerClient);
    await broker.enqueueMany([{ name: 'create' }, { name: 'create' }, { name: 'create' }]);
    await first.started.next();
    const closed = app.close();
    const second = scene(options);
    const next = await NestFactory.createApplicationContext(second.module, quiet);
    await second.started.next();
    first.release();
    await closed;
    expect(first.started.all).toHaveLength(1);
    second.release();
    await second.started.count(2);
    await next.close();
  });

  it('can be asked for twice, and at any time', async () => {
    const { app, broker } = await testApp({ broker: brokerOptions(mode), controllers: [Idle] });
    await Promise.all([app.close(), app.close(), broker.close()]);
    await app.close();
    await expect(broker.enqueue('create')).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(broker.request('get')).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(broker.publish('event')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('works for an app that was never initialised, and for one that is starting', async () => {
    const never = await NestFactory.create(scene(brokerOptions(mode)).module, quiet);
    await never.get(BrokerClient).enqueue('create');
    await never.close();
    await expect(never.get(BrokerClient).enqueue('create')).rejects.toMatchObject({
      code: 'CLOSED',
    });

    const starting = await NestFactory.create(scene(brokerOptions(mode)).module, quiet);
    const init = starting.init().catch(() => undefined);
    await starting.close();
    await init;
  });
});

describe.each(modes)('a client of its own (%s)', (mode) => {
  it('closes before, while and after it connects', async () => {
    const options = brokerOptions(mode);
    const unused = createBrokerClient(options);
    await unused.close();
    await expect(unused.enqueue('task')).rejects.toMatchObject({ code: 'CLOSED' });

    const connecting = createBrokerClient(options);
    const sending = connecting.enqueue('task').then(
      () => 'sent',
      (error: { code: string }) => error.code,
    );
    await connecting.close();
    expect(['sent', 'CLOSED']).toContain(await sending);

    const used = new BrokerClient(options);
    await used.enqueue('task');
    await Promise.all([used.close(), used.close()]);
    await expect(used.enqueue('task')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('is the strategy of ClientsModule, closed with its app', async () => {
    const { ClientsModule } = await import('@nestjs/microservices');
    const options = brokerOptions(mode);
    const { app } = await testApp({
      broker: options,
      imports: [ClientsModule.register([{ name: 'SHOP', customClass: BrokerClient, options }])],
    });
    const client = app.get<BrokerClient>('SHOP');
    await client.enqueue('task');
    await app.close();
    await expect(client.enqueue('task')).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
