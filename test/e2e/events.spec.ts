import { Controller, Injectable } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { OnEvent, type BrokerContext } from 'nestjs-broker';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, LogBook, modes, testApp, testClient } from '../support/test-app.js';

interface Change {
  readonly id: number;
}

describe.each(modes)('events (%s)', (mode) => {
  it('reach every running instance of every service, and every handler in it', async () => {
    const options = brokerOptions(mode);
    const seen = new Recorder<string>();
    const controllerOf = (instance: string) => {
      @Controller()
      class Listener {
        @OnEvent('orders.changed')
        first(@Payload() { id }: Change): void {
          seen.record(`${instance} first ${id}`);
        }

        @OnEvent('orders.changed')
        second(@Payload() { id }: Change): void {
          seen.record(`${instance} second ${id}`);
        }
      }
      return Listener;
    };
    await testApp({ broker: options, controllers: [controllerOf('a')] });
    await testApp({ broker: options, controllers: [controllerOf('b')] });
    await testApp({ broker: { ...options, service: 'mail' }, controllers: [controllerOf('c')] });

    await testClient(options).publish('orders.changed', { id: 1 });
    const all = await seen.count(6);
    expect([...all].toSorted()).toEqual(
      ['a', 'b', 'c'].flatMap((who) => [`${who} first 1`, `${who} second 1`]),
    );
  });

  it('come with a context and in the order one sender sent them', async () => {
    const seen = new Recorder<{ id: number; context: BrokerContext }>();
    @Injectable()
    class Listener {
      @OnEvent('orders.changed')
      on(@Payload('id') id: number, @Ctx() context: BrokerContext): void {
        seen.record({ id, context });
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), providers: [Listener] });
    for (let id = 0; id < 20; id += 1) {
      void broker.publish('orders.changed', { id }, { headers: { from: 'test' } });
    }
    const all = await seen.count(20);
    expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, id) => id));
    expect(all[0]?.context).toMatchObject({
      kind: 'event',
      name: 'orders.changed',
      attempt: 1,
      headers: { from: 'test' },
      key: undefined,
    });
    expect(new Set(all.map(({ context }) => context.id)).size).toBe(20);
  });

  it('go on when one of their handlers fails, and the failure is reported', async () => {
    const seen = new Recorder<string>();
    const logger = new LogBook();
    @Controller()
    class Listener {
      @OnEvent('orders.changed')
      throwing(): void {
        throw new Error('no luck with it');
      }

      @OnEvent('orders.changed')
      async rejecting(): Promise<void> {
        throw new Error('no luck later');
      }

      @OnEvent('orders.changed')
      working(): void {
        seen.record('worked');
      }
    }
    const { broker } = await testApp({
      broker: brokerOptions(mode, { logger }),
      controllers: [Listener],
    });
    await broker.publish('orders.changed', {});
    expect(await seen.next()).toBe('worked');
    await eventually(() => {
      expect(logger.errors.join('\n')).toMatch(/no luck with it[^]*no luck later/);
    });
  });

  it('with strange names and payloads arrive as they were sent', async () => {
    const seen = new Recorder<unknown>();
    const name = 'orders:eu/*?[a] ü';
    @Controller()
    class Listener {
      @OnEvent(name)
      on(@Payload() data: unknown): void {
        seen.record(data);
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Listener] });
    const payloads = [
      '',
      0,
      false,
      null,
      [1, [2]],
      { deep: { er: 'ok' } },
      undefined,
      'ü'.repeat(10_000),
    ];
    for (const payload of payloads) await broker.publish(name, payload);
    expect(await seen.count(payloads.length)).toEqual(payloads);
  });

  it('can be emitted as Nest does, at once and without a subscriber', async () => {
    const seen = new Recorder<unknown>();
    @Controller()
    class Listener {
      @OnEvent('orders.changed')
      on(@Payload() data: unknown): void {
        seen.record(data);
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Listener] });
    broker.emit('orders.changed', { id: 1 });
    await firstValueFrom(broker.emit('orders.changed', { id: 2 }), { defaultValue: undefined });
    expect(await seen.count(2)).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('nobody handles are no error, bad ones are', async () => {
    const client = testClient(brokerOptions(mode));
    await client.publish('nobody.listens', {});
    await expect(client.publish('', {})).rejects.toMatchObject({ code: 'INVALID_NAME' });
    await expect(client.publish('x', 1n)).rejects.toMatchObject({ code: 'CODEC' });
  });
});
