import { Controller, Injectable } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  type RedisContext,
} from '@nestjs/microservices';
import {
  BrokerClient,
  BrokerGroup,
  BrokerModule,
  BrokerStrategy,
  OnEvent,
  OnRequest,
  OnTask,
  brokerMicroservice,
  type BrokerContext,
} from 'nestjs-broker';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../support/recorder.js';
import {
  brokerOptions,
  closing,
  moduleOf,
  modes,
  quiet,
  testApp,
  testClient,
} from '../support/test-app.js';

describe.each(modes)('wildcards in events (%s)', (mode) => {
  it('bring an event to every handler that its name fits, once', async () => {
    const seen = new Recorder<string>();
    const note = (who: string, context: BrokerContext): void =>
      seen.record(`${who}: ${context.name}`);
    @Controller()
    @BrokerGroup('orders')
    class Orders {
      @OnEvent('paid')
      exact(@Ctx() context: BrokerContext): void {
        note('exact', context);
      }

      @OnEvent('*')
      one(@Ctx() context: BrokerContext): void {
        note('one', context);
      }

      @OnEvent('>')
      rest(@Ctx() context: BrokerContext): void {
        note('rest', context);
      }

      @OnEvent('*')
      failing(): void {
        throw new Error('this one fails');
      }
    }
    @Injectable()
    class Audit {
      @OnEvent('*.paid')
      paid(@Ctx() context: BrokerContext): void {
        note('paid', context);
      }
    }
    const options = brokerOptions(mode);
    await testApp({ broker: options, controllers: [Orders], providers: [Audit] });
    const client = testClient(options);
    for (const name of ['orders.paid', 'orders.eu.paid', 'mails.paid', 'orders']) {
      await client.publish(name, {});
    }
    await client.publish('orders.end', {});
    expect([...(await seen.count(8))].toSorted()).toEqual([
      'exact: orders.paid',
      'one: orders.end',
      'one: orders.paid',
      'paid: mails.paid',
      'paid: orders.paid',
      'rest: orders.end',
      'rest: orders.eu.paid',
      'rest: orders.paid',
    ]);
  });

  it('reach every instance, with the payload, the headers and the name of the event', async () => {
    const options = brokerOptions(mode);
    const seen = new Recorder<{ data: unknown; context: BrokerContext }>();
    const listener = () => {
      @Controller()
      class Listener {
        @OnEvent('a[1]?.*')
        on(@Payload() data: unknown, @Ctx() context: BrokerContext): void {
          seen.record({ data, context });
        }
      }
      return Listener;
    };
    await testApp({ broker: options, controllers: [listener()] });
    await testApp({ broker: { ...options, service: 'other' }, controllers: [listener()] });
    const client = testClient(options);
    await client.publish('a1x.b', 'not this one');
    await client.group('a[1]?').publish('b', { id: 7 }, { headers: { from: 'test' } });
    const all = await seen.count(2);
    for (const { data, context } of all) {
      expect(data).toEqual({ id: 7 });
      expect(context).toMatchObject({
        kind: 'event',
        name: 'a[1]?.b',
        headers: { from: 'test' },
      });
      expect(context.id).toMatch(/^a\[1\]\?\.b:/);
    }
  });

  it('cannot be sent', async () => {
    const client = testClient(brokerOptions(mode));
    const refused = { code: 'INVALID_NAME', outcome: 'not-sent' };
    for (const name of ['*', 'orders.*', 'orders.>', '>']) {
      await expect(client.publish(name, {})).rejects.toMatchObject(refused);
      await expect(firstValueFrom(client.emit(name, {}))).rejects.toMatchObject(refused);
    }
    await expect(client.group('orders').publish('*', {})).rejects.toMatchObject(refused);
    await client.publish('a*b', {});
    await firstValueFrom(client.emit({ match: 'a.*.b' }, {}), { defaultValue: undefined });
  });

  it("are known to Nest's own event patterns, too", async () => {
    const seen = new Recorder<string>();
    @Controller()
    class Native {
      @EventPattern<string>('orders.*')
      one(@Payload() data: string, @Ctx() context: RedisContext): void {
        seen.record(`${context.getChannel()} ${data}`);
      }

      @EventPattern({ match: 'a.*.b' })
      object(@Payload() data: string): void {
        seen.record(`object ${data}`);
      }
    }
    const module = moduleOf({
      imports: [BrokerModule.forRoot(brokerOptions(mode))],
      controllers: [Native],
    });
    const app = closing(
      await NestFactory.createMicroservice(module, { ...brokerMicroservice(), ...quiet }),
    );
    await app.listen();
    const broker = app.get(BrokerClient);
    broker.emit('orders.eu.paid', 'too deep');
    broker.emit('orders.paid', '1');
    broker.emit({ match: 'a.*.b' }, '2');
    expect([...(await seen.count(2))].toSorted()).toEqual(['object 2', 'orders.paid 1']);
  });

  it('are known to a strategy of its own', async () => {
    const seen = new Recorder<string>();
    @Controller()
    class Native {
      @EventPattern<string>('orders.>')
      rest(@Ctx() context: RedisContext): void {
        seen.record(context.getChannel());
      }
    }
    const options = brokerOptions(mode);
    const app = closing(
      await NestFactory.createMicroservice(moduleOf({ controllers: [Native] }), {
        strategy: new BrokerStrategy(options),
        ...quiet,
      }),
    );
    await app.listen();
    await testClient(options).publish('orders.eu.paid', {});
    expect(await seen.next()).toBe('orders.eu.paid');
  });
});

describe('a start is refused', () => {
  const start = (...controllers: (new () => object)[]): Promise<unknown> =>
    testApp({ broker: brokerOptions('memory'), controllers });

  it('for wildcards in tasks and requests', async () => {
    @Controller()
    @BrokerGroup('orders')
    class Tasks {
      @OnTask('*')
      any(): void {}
    }
    @Controller()
    class Requests {
      @OnRequest('orders.>')
      any(): void {}
    }
    await expect(start(Tasks)).rejects.toMatchObject({
      code: 'INVALID_NAME',
      message:
        'the name of the task that Tasks.any handles cannot be "orders.*": only handlers of events can have wildcards',
    });
    await expect(start(Requests)).rejects.toMatchObject({
      code: 'INVALID_NAME',
      message: expect.stringContaining('Requests.any') as string,
    });
  });

  it("for wildcards in Nest's own message patterns", async () => {
    @Controller()
    class Native {
      @MessagePattern('orders.*')
      any(): void {}
    }
    const module = moduleOf({ controllers: [Native] });
    const app = closing(
      await NestFactory.createMicroservice(module, {
        strategy: new BrokerStrategy(brokerOptions('memory')),
        ...quiet,
      }),
    );
    await expect(app.listen()).rejects.toMatchObject({ code: 'INVALID_NAME' });
  });

  it.each([
    ['orders.>.paid', /can only be the last one/],
    ['orders*', /as whole tokens only/],
    ['orders.**', /as whole tokens only/],
    ['orders..*', /nothing between two dots/],
  ])('for the event pattern %s', async (pattern, reason) => {
    @Controller()
    class Listener {
      @OnEvent(pattern)
      on(): void {}
    }
    const refused = start(Listener);
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_NAME' });
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toThrow('Listener.on');
  });
});
