import { createServer, type AddressInfo } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Transport,
  type AsyncMicroserviceOptions,
  type ClientProxy,
} from '@nestjs/microservices';
import {
  BROKER_TRANSPORT,
  BrokerClient,
  BrokerModule,
  BrokerServer,
  BrokerStrategy,
  InvalidConfigError,
  OnRequest,
  brokerMicroservice,
  createBrokerClient,
} from 'nestjs-broker';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, closing, moduleOf, modes, quiet } from '../support/test-app.js';

const host = '127.0.0.1';

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const tcpClient = (port: number): ClientProxy => {
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host, port } });
  return closing({ client, close: async () => void (await client.close()) }).client;
};

const ask = (client: ClientProxy, pattern: string): Promise<unknown> =>
  firstValueFrom(client.send<unknown>(pattern, {}));

describe.each(modes)('a hybrid app with HTTP, TCP and the broker (%s)', (mode) => {
  it.each([
    ['the module', 'module'],
    ['a strategy of its own', 'strategy'],
  ])('reaches each handler by its own transport only, with %s', async (_, form) => {
    const events = new Recorder<string>();
    @Controller()
    class Handlers {
      @Get('who')
      http(): string {
        return 'http';
      }

      @MessagePattern('tcp', Transport.TCP)
      tcp(): string {
        return 'tcp';
      }

      @MessagePattern('broker', BROKER_TRANSPORT)
      broker(): string {
        return 'broker';
      }

      @MessagePattern('both')
      both(): string {
        return 'both';
      }

      @EventPattern<string>('told', Transport.TCP)
      overTcp(): void {
        events.record('tcp');
      }

      @EventPattern<string>('told', BROKER_TRANSPORT)
      overBroker(): void {
        events.record('broker');
      }
    }
    const options = brokerOptions(mode);
    const imports = form === 'module' ? [BrokerModule.forRoot(options)] : [];
    const app = closing(
      await NestFactory.create(moduleOf({ imports, controllers: [Handlers] }), quiet),
    );
    const port = await freePort();
    app.connectMicroservice({ transport: Transport.TCP, options: { host, port } });
    if (form === 'module') app.connectMicroservice<AsyncMicroserviceOptions>(brokerMicroservice());
    else app.connectMicroservice({ strategy: new BrokerStrategy(options) });
    await app.startAllMicroservices();
    await app.listen(0, host);

    const tcp = tcpClient(port);
    const broker = closing(createBrokerClient(options));
    const response = await fetch(`${await app.getUrl()}/who`);
    expect(await response.text()).toBe('http');
    expect((await fetch(`${await app.getUrl()}/broker`)).status).toBe(404);
    expect(await ask(tcp, 'tcp')).toBe('tcp');
    expect(await ask(broker, 'broker')).toBe('broker');
    expect(await ask(tcp, 'both')).toBe('both');
    expect(await ask(broker, 'both')).toBe('both');
    await expect(ask(broker, 'tcp')).rejects.toMatchObject({ code: 'NO_HANDLER' });
    await expect(ask(tcp, 'broker')).rejects.toContain('no matching message handler');
    await firstValueFrom(broker.emit('told', {}), { defaultValue: undefined });
    expect(await events.next()).toBe('broker');
    await firstValueFrom(tcp.emit('told', {}), { defaultValue: undefined });
    expect(await events.next()).toBe('tcp');
    expect(events.all).toEqual(['broker', 'tcp']);
  });

  it('keeps handlers of our own from TCP', async () => {
    @Controller()
    class Ours {
      @OnRequest('ours')
      ours(): string {
        return 'ours';
      }
    }
    const imports = [BrokerModule.forRoot(brokerOptions(mode))];
    const app = closing(
      await NestFactory.create(moduleOf({ imports, controllers: [Ours] }), quiet),
    );
    const port = await freePort();
    app.connectMicroservice({ transport: Transport.TCP, options: { host, port } });
    await app.startAllMicroservices();
    await app.init();
    expect(await app.get(BrokerClient).request('ours')).toBe('ours');
    await expect(ask(tcpClient(port), 'ours')).rejects.toContain('no matching message handler');
  });

  it('takes the server of the module as a strategy, too', async () => {
    @Controller()
    class Native {
      @MessagePattern('native')
      native(): string {
        return 'native';
      }
    }
    const imports = [BrokerModule.forRoot(brokerOptions(mode))];
    const app = closing(
      await NestFactory.create(moduleOf({ imports, controllers: [Native] }), quiet),
    );
    app.connectMicroservice({ strategy: app.get(BrokerServer) });
    await app.startAllMicroservices();
    await app.init();
    expect(await ask(app.get(BrokerClient), 'native')).toBe('native');
  });
});

describe('a strategy', () => {
  it('can stand for Transport.REDIS where handlers say so', async () => {
    @Controller()
    class Marked {
      @MessagePattern('marked', Transport.REDIS)
      marked(): string {
        return 'marked';
      }

      @MessagePattern('other', Transport.NATS)
      other(): string {
        return 'other';
      }
    }
    const options = brokerOptions('memory');
    const strategy = new BrokerStrategy(options);
    strategy.setTransportId(Transport.REDIS);
    const module = moduleOf({ controllers: [Marked] });
    const app = closing(await NestFactory.createMicroservice(module, { strategy, ...quiet }));
    await app.listen();
    const client = closing(createBrokerClient(options));
    expect(await ask(client, 'marked')).toBe('marked');
    await expect(ask(client, 'other')).rejects.toMatchObject({ code: 'NO_HANDLER' });
  });

  it('refuses what only the module can find, and tells of a start that fails', async () => {
    @Controller()
    class Ours {
      @OnRequest('ours')
      ours(): void {}
    }
    const strategy = new BrokerStrategy(brokerOptions('memory'));
    const ours = moduleOf({ controllers: [Ours] });
    const app = closing(await NestFactory.createMicroservice(ours, { strategy, ...quiet }));
    await expect(app.listen()).rejects.toThrow(
      'Ours handles the request "ours", which needs BrokerModule.forRoot()',
    );
    expect(() => new BrokerStrategy({ maxJobs: 0 })).toThrow(InvalidConfigError);

    @Controller()
    class Twice {
      @MessagePattern('twice')
      first(): void {}

      @MessagePattern('twice')
      second(): void {}
    }
    const doubled = new BrokerStrategy(brokerOptions('memory'));
    const failed = new Promise((resolve) => {
      doubled.addHandler('twice', () => Promise.resolve(1));
      doubled.addHandler('twice', () => Promise.resolve(2));
      doubled.listen(resolve);
    });
    expect(await failed).toMatchObject({ code: 'DUPLICATE_HANDLER' });
    await doubled.close();
    @Module({ controllers: [Twice] })
    class TwiceModule {}
    const again = new BrokerStrategy(brokerOptions('memory'));
    const microservice = closing(
      await NestFactory.createMicroservice(TwiceModule, { strategy: again, ...quiet }),
    );
    await expect(microservice.listen()).rejects.toMatchObject({ code: 'DUPLICATE_HANDLER' });
    expect(() => again.unwrap()).toThrow('start the microservice first');
  });
});
