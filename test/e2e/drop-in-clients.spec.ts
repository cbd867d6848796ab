import { Controller, Inject, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Client,
  ClientProxyFactory,
  ClientsModule,
  EventPattern,
  MessagePattern,
  Payload,
  type ClientProvider,
  type ClientsModuleOptionsFactory,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { BrokerClient, BrokerStrategy } from 'nestjs-broker';
import { firstValueFrom, lastValueFrom, map, timeout, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, moduleOf, modes, quiet } from '../support/test-app.js';
import { uniqueName } from '../support/unique-name.js';
import { dropIn, endsOf, madeBy, transports } from './drop-in.js';

const ns = uniqueName('clients');
const seen = new Recorder<unknown>();

@Controller()
class Handlers {
  @MessagePattern(`${ns} double`)
  double(@Payload() data: number): number {
    seen.record(`double ${data}`);
    return data * 2;
  }

  @EventPattern<string>(`${ns} told`)
  told(@Payload() data: unknown): void {
    seen.record(`told ${String(data)}`);
  }
}

/** How often something was seen; tests of this file share what they see. */
const count = (fact: string): number => seen.all.filter((each) => each === fact).length;

describe.each(transports)('a client for Transport.REDIS (%s)', (transport) => {
  it('comes from ClientsModule, registered at once or later, by factory or by class', async () => {
    const ends = endsOf(transport);
    @Injectable()
    class Settings implements ClientsModuleOptionsFactory {
      createClientOptions(): ClientProvider {
        return ends.client;
      }
    }
    const SettingsModule = moduleOf({ providers: [Settings], exports: [Settings] });
    await dropIn(ends, { controllers: [Handlers] });
    const forms = [
      ClientsModule.register([{ name: 'MATH', ...ends.client }]),
      ClientsModule.register({ isGlobal: true, clients: [{ name: 'MATH', ...ends.client }] }),
      ClientsModule.registerAsync([{ name: 'MATH', useFactory: () => ends.client }]),
      ClientsModule.registerAsync([
        {
          name: 'MATH',
          imports: [SettingsModule],
          inject: [Settings],
          useFactory: async (settings: Settings) => settings.createClientOptions(),
        },
      ]),
      ClientsModule.registerAsync([{ name: 'MATH', useClass: Settings }]),
    ];
    for (const form of forms) {
      @Injectable()
      class Service implements OnModuleInit {
        constructor(@Inject('MATH') readonly client: ClientProxy) {}

        async onModuleInit(): Promise<void> {
          await this.client.connect();
        }
      }
      @Module({ imports: [form], providers: [Service] })
      class AppModule {}
      const app = await NestFactory.createApplicationContext(AppModule, quiet);
      expect(await firstValueFrom(app.get(Service).client.send(`${ns} double`, 2))).toBe(4);
      await app.close();
    }
  });

  it('comes from ClientProxyFactory and from a property', async () => {
    const ends = endsOf(transport);
    @Controller()
    class Caller {
      @Client(ends.client)
      readonly client!: ClientProxy;

      @MessagePattern(`${ns} forward`)
      forward(@Payload() data: number): unknown {
        return this.client.send(`${ns} double`, data).pipe(map((value: number) => value + 1));
      }
    }
    const client = await dropIn(ends, { controllers: [Handlers, Caller] });
    expect(await firstValueFrom(client.send(`${ns} forward`, 3))).toBe(7);
    const made = madeBy(ends);
    expect(await firstValueFrom(made.send(`${ns} double`, 5))).toBe(10);
    await made.close();
  });

  it('is cold where it asks and hot where it tells', async () => {
    const client = await dropIn(endsOf(transport), { controllers: [Handlers] });
    const data = Math.random();
    const asking = client.send<number>(`${ns} double`, data);
    client.emit(`${ns} told`, data);
    await eventually(() => expect(count(`told ${data}`)).toBe(1));
    expect(count(`double ${data}`)).toBe(0);
    expect(await lastValueFrom(asking)).toBe(data * 2);
    expect(await lastValueFrom(asking)).toBe(data * 2);
    expect(count(`double ${data}`)).toBe(2);
    const told = client.emit(`${ns} told`, data);
    await lastValueFrom(told, { defaultValue: undefined });
    await eventually(() => expect(count(`told ${data}`)).toBe(2));
  });

  it('refuses what has no pattern or no data, and lets a caller wait no longer', async () => {
    @Controller()
    class Slow {
      @MessagePattern(`${ns} slow`)
      async slow(): Promise<string> {
        return new Promise((resolve) => setTimeout(resolve, 300, 'late'));
      }
    }
    const client = await dropIn(endsOf(transport), { controllers: [Slow] });
    for (const sent of [
      client.send(null, {}),
      client.send('a', undefined),
      client.emit('a', null),
      client.emit(undefined, 1),
    ]) {
      await expect(firstValueFrom(sent)).rejects.toThrow('invalid data or message pattern');
    }
    const waiting = client.send(`${ns} slow`, {}).pipe(timeout(20));
    await expect(firstValueFrom(waiting)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('tells its state, and shows what is behind it once it is connected', async () => {
    const client = madeBy(endsOf(transport));
    const states: string[] = [];
    client.status.subscribe((state) => states.push(state));
    expect(() => client.unwrap()).toThrow(/connect/);
    await client.connect();
    await eventually(() => expect(states).toContain('connected'));
    expect(client.unwrap()).toBeTypeOf('object');
    await client.close();
  });
});

describe.each(modes)('what is our own in a drop-in (%s)', (mode) => {
  it('the microservice tells its state and shows its runtime, and closes with the app', async () => {
    const strategy = new BrokerStrategy(brokerOptions(mode));
    const states: string[] = [];
    const joined = new Recorder<unknown>();
    strategy.status.subscribe((state) => states.push(state));
    strategy.on('joined', joined.record);
    expect(() => strategy.unwrap()).toThrow('start the microservice first');
    const module = moduleOf({ controllers: [Handlers] });
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(module, {
      strategy,
      ...quiet,
    });
    const unused = new BrokerStrategy(brokerOptions(mode));
    await unused.close();
    await app.listen();
    expect(await joined.next()).toHaveProperty('consumer');
    expect(strategy.unwrap()).toHaveProperty('sender');
    await app.close();
    await strategy.close();
    expect(states).toEqual(['connected', 'draining', 'drained', 'disconnected']);
  });

  it('each request is handled by one instance, each event by all', async () => {
    const handled = new Recorder<string>();
    const ends = [1, 2, 3].map(() => endsOf(mode, { appName: ns + mode }));
    const [client] = await Promise.all(
      ends.map((end, instance) => {
        @Controller()
        class Counted {
          @MessagePattern('ask')
          ask(): number {
            handled.record('ask');
            return instance;
          }

          @EventPattern<string>('tell')
          tell(): void {
            handled.record(`tell ${instance}`);
          }
        }
        return dropIn(end, { controllers: [Counted] });
      }),
    );
    const replies = await Promise.all(
      Array.from({ length: 20 }, () =>
        firstValueFrom((client as ClientProxy).send('ask', {}).pipe(toArray())),
      ),
    );
    expect(replies.every((values) => values.length === 1)).toBe(true);
    expect(handled.all).toEqual(Array.from({ length: 20 }, () => 'ask'));
    client?.emit('tell', {});
    const told = (await handled.count(23)).slice(20);
    expect(told.toSorted()).toEqual(['tell 0', 'tell 1', 'tell 2']);
  });

  it('a client of its own class changes replies and errors, as Nest documents it', async () => {
    class Wrapped extends BrokerClient {
      override serializeResponse(response: unknown): unknown {
        return { wrapped: response };
      }

      override serializeError(error: Error): unknown {
        return new RangeError(`wrapped: ${error.message}`);
      }
    }
    const ends = endsOf(mode);
    await dropIn(ends, { controllers: [Handlers] });
    const { options } = ends.client as { options: object };
    const client = ClientProxyFactory.create({ customClass: Wrapped, options });
    expect(await firstValueFrom(client.send(`${ns} double`, 4))).toEqual({ wrapped: 8 });
    await expect(firstValueFrom(client.send('nobody', 4))).rejects.toThrow(/^wrapped: no live/);
    await client.close();
  });
});
