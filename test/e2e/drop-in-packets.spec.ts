import { Controller, Inject, Injectable, Scope } from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import {
  ClientProxyFactory,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  type ClientProxy,
  type MicroserviceOptions,
  type RedisContext,
  type RequestContext,
} from '@nestjs/microservices';
import {
  BrokerClient,
  BrokerModule,
  BrokerRecordBuilder,
  BrokerStrategy,
  OnTask,
  brokerMicroservice,
  type BrokerContext,
  type BrokerOptions,
} from 'nestjs-broker';
import { firstValueFrom, lastValueFrom, of, toArray, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, closing, moduleOf, modes, quiet, type Mode } from '../support/test-app.js';
import { uniqueName } from '../support/unique-name.js';
import { dropIn, endsOf, transports } from './drop-in.js';

const ns = uniqueName('packets');

interface Packet {
  readonly id?: string;
  readonly pattern?: unknown;
  readonly data?: unknown;
  readonly response?: unknown;
}

/** A server and a client that are set up on their own, as with Nest's transports. */
async function ends(mode: Mode, server: BrokerOptions, client: BrokerOptions, controller: unknown) {
  const common = brokerOptions(mode);
  const module = moduleOf({ controllers: [controller as never] });
  const strategy = new BrokerStrategy({ ...common, ...server });
  const app = closing(
    await NestFactory.createMicroservice<MicroserviceOptions>(module, { strategy, ...quiet }),
  );
  await app.listen();
  const options = { ...common, ...client };
  return closing(ClientProxyFactory.create({ customClass: BrokerClient, options }) as BrokerClient);
}

const seen = new Recorder<unknown>();

@Controller()
class Echo {
  @MessagePattern(`${ns} echo`)
  echo(@Payload() data: unknown): unknown {
    return data;
  }

  @MessagePattern(`${ns} stream`)
  stream(): Observable<number> {
    return of(1, 2, 3);
  }

  @EventPattern<string>(`${ns} told`)
  told(@Payload() data: unknown): void {
    seen.record(data);
  }
}

describe.each(modes)('serializers and deserializers (%s)', (mode) => {
  it('of both ends see whole packets, and messages of whoever has none', async () => {
    const packets: Packet[] = [];
    const client = await ends(
      mode,
      {
        deserializer: {
          deserialize: async (packet: Packet, options: unknown) => {
            packets.push(packet);
            expect(options).toEqual({ channel: packet.pattern });
            return { ...packet, data: { read: packet.data } };
          },
        },
        serializer: {
          serialize: (packet: Packet) => ({ ...packet, response: { made: packet.response } }),
        },
      },
      {
        serializer: {
          serialize: (packet: Packet) => ({ ...packet, data: { sent: packet.data } }),
        },
        deserializer: {
          deserialize: (packet: Packet) => ({ ...packet, response: { got: packet.response } }),
        },
      },
      Echo,
    );
    const reply = { got: { made: { read: { sent: 1 } } } };
    expect(await firstValueFrom(client.send(`${ns} echo`, 1))).toEqual(reply);
    expect(await client.request(`${ns} echo`, 1)).toEqual(reply);
    expect(await firstValueFrom(client.send(`${ns} stream`, {}).pipe(toArray()))).toEqual(
      [1, 2, 3].map((made) => ({ got: { made } })),
    );
    client.emit(`${ns} told`, mode);
    expect(await seen.next()).toEqual({ read: { sent: mode } });
    expect(packets.map(({ id }) => typeof id)).toEqual([
      'string',
      'undefined',
      'string',
      'undefined',
    ]);
  });

  it('of one end alone work with the default of the other', async () => {
    const serializer = { serialize: (packet: unknown) => ({ ...(packet as Packet), extra: 1 }) };
    const sending = await ends(mode, {}, { serializer }, Echo);
    expect(await firstValueFrom(sending.send(`${ns} echo`, { a: 1 }))).toEqual({ a: 1 });

    const deserializer = {
      deserialize: (value: unknown) => ({ ...(value as Packet), data: (value as Packet).pattern }),
    };
    const reading = await ends(mode, { deserializer }, {}, Echo);
    expect(await firstValueFrom(reading.send(`${ns} echo`, { a: 1 }))).toBe(`${ns} echo`);

    const replying = await ends(
      mode,
      { serializer: { serialize: (packet) => ({ ...(packet as Packet), isDisposed: false }) } },
      {},
      Echo,
    );
    const values = replying.send(`${ns} stream`, {}).pipe(toArray());
    expect(await firstValueFrom(values)).toEqual([1, 2, 3]);
    expect(await replying.request(`${ns} echo`, 'x')).toBe('x');
  });

  it('speak the language of a foreign system', async () => {
    const client = await ends(
      mode,
      {
        deserializer: {
          deserialize: (value) => ({ data: (value as { body: unknown }).body }),
        },
        serializer: { serialize: (packet) => ({ answer: (packet as Packet).response }) },
      },
      { serializer: { serialize: (packet) => ({ body: (packet as Packet).data, v: 1 }) } },
      Echo,
    );
    // as with Nest: who does not know the answer's form gets it whole
    expect(await firstValueFrom(client.send(`${ns} echo`, [1]))).toEqual({ answer: [1] });
  });

  it('that fail, fail the message', async () => {
    const failing = (what: string) => () => {
      throw new RangeError(what);
    };
    const unsent = await ends(mode, {}, { serializer: { serialize: failing('unsent') } }, Echo);
    await expect(firstValueFrom(unsent.send(`${ns} echo`, 1))).rejects.toThrow('unsent');
    await expect(unsent.enqueue('task')).rejects.toThrow('unsent');
    const deserializer = { deserialize: failing('unread') };
    const there = await ends(mode, { deserializer }, {}, Echo);
    await expect(firstValueFrom(there.send(`${ns} echo`, 1))).rejects.toThrow('unread');
    const back = await ends(mode, {}, { deserializer }, Echo);
    await expect(firstValueFrom(back.send(`${ns} echo`, 1))).rejects.toThrow('unread');
    await expect(back.request(`${ns} echo`, 1)).rejects.toThrow('unread');
  });

  it('of the module: those of the options send, those of the classic form receive', async () => {
    const tasks = new Recorder<unknown>();
    @Controller()
    class Ours {
      @MessagePattern('native')
      native(@Payload() data: unknown): unknown {
        return data;
      }

      @OnTask('task')
      task(@Payload() data: unknown): void {
        tasks.record(data);
      }
    }
    const options = brokerOptions(mode, {
      serializer: { serialize: (packet) => ({ body: (packet as Packet).data }) },
    });
    const module = moduleOf({ imports: [BrokerModule.forRoot(options)], controllers: [Ours] });
    const receiving = brokerMicroservice('default', {
      deserializer: { deserialize: (value) => ({ data: (value as { body: unknown }).body }) },
    });
    const app = closing(await NestFactory.createMicroservice(module, { ...receiving, ...quiet }));
    await app.listen();
    const broker = app.get(BrokerClient);
    expect(await broker.request('native', { a: 1 })).toEqual({ a: 1 });
    await broker.enqueue('task', { b: 2 });
    expect(await tasks.next()).toEqual({ b: 2 });
  });
});

describe.each(modes)('records (%s)', (mode) => {
  it('of requests, events and tasks bring trace and tenant to the handler', async () => {
    const headers = { traceparent: '00-4bf9-00f0-01', tenant: 'acme' };
    const contexts = new Recorder<unknown>();
    @Controller()
    class Tenants {
      @MessagePattern('who')
      who(@Payload() data: unknown, @Ctx() ctx: BrokerContext): unknown {
        return { data, key: ctx.key, tenant: ctx.headers['tenant'], metadata: ctx.getMetadata() };
      }

      @EventPattern<string>('told')
      told(@Payload() data: unknown, @Ctx() ctx: BrokerContext): void {
        contexts.record([data, ctx.headers]);
      }

      @OnTask('do', { attempts: 1 })
      do(@Payload() data: unknown, @Ctx() ctx: BrokerContext): void {
        contexts.record([data, ctx.headers, ctx.key]);
      }
    }
    const module = moduleOf({
      imports: [BrokerModule.forRoot(brokerOptions(mode))],
      controllers: [Tenants],
    });
    const app = closing(
      await NestFactory.createMicroservice(module, { ...brokerMicroservice(), ...quiet }),
    );
    await app.listen();
    const client = app.get(BrokerClient);
    const record = new BrokerRecordBuilder({ id: 1 }).setHeaders(headers);
    client.emit('told', record.build());
    expect(await contexts.next()).toEqual([{ id: 1 }, headers]);
    const keyed = record.setKey('ann').build();
    const reply = { data: { id: 1 }, key: 'ann', tenant: 'acme', metadata: headers };
    expect(await firstValueFrom(client.send('who', keyed))).toEqual(reply);
    expect(await client.request('who', keyed)).toEqual(reply);
    await client.enqueue('do', keyed);
    expect(await contexts.next()).toEqual([{ id: 1 }, headers, 'ann']);
    const hasty = record.setMode('fast').build();
    await expect(lastValueFrom(client.emit('told', hasty))).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: 'an event has no option mode, allowed: headers, key',
    });
    const impatient = new BrokerRecordBuilder(1).setSignal(AbortSignal.abort()).build();
    await expect(firstValueFrom(client.send('who', impatient))).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});

describe.each(transports)('the hooks of Nest 12 (%s)', (transport) => {
  it('attach metadata on one side and read it on the other, around each message', async () => {
    const spans = new Recorder<string>();
    const traced = `${ns} traced ${transport}`;
    const noted = `${ns} noted ${transport}`;
    const { server, client: provider } = endsOf(transport);
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      constructor(@Inject(REQUEST) readonly request: RequestContext) {}
    }
    @Controller()
    class Traced {
      constructor(private readonly scoped: Scoped) {}

      @MessagePattern(traced)
      traced(@Ctx() context: RedisContext): unknown {
        const { request } = this.scoped;
        return [context.getMetadata(), request.getPattern(), request.getData()];
      }

      @EventPattern<string>(noted)
      noted(@Ctx() context: RedisContext): void {
        spans.record(`noted ${JSON.stringify(context.getMetadata())}`);
      }
    }
    const strategy = 'strategy' in server ? (server.strategy as BrokerStrategy) : undefined;
    const read = (context: unknown): string | undefined =>
      (context as RedisContext).getMetadata()?.['traceparent'];
    strategy?.setOnProcessingStartHook((_, context, done) => {
      spans.record(`start ${read(context)}`);
      void done();
    });
    strategy?.setOnProcessingEndHook((_, context) => spans.record(`end ${read(context)}`));
    const client: ClientProxy = await dropIn(
      { server, client: provider },
      { controllers: [Traced], providers: [Scoped] },
    );
    client.setOnDispatchHook((packet) => (packet.metadata = { traceparent: '00-1' }));
    const reply = await firstValueFrom(client.send<unknown[]>(traced, 5));
    expect(reply).toEqual([{ traceparent: '00-1' }, traced, 5]);
    client.emit(noted, {});
    const told = 'noted {"traceparent":"00-1"}';
    const all = await spans.count(strategy === undefined ? 1 : 5);
    if (strategy === undefined) expect(all).toEqual([told]);
    else expect(all).toEqual(['start 00-1', 'end 00-1', 'start 00-1', told, 'end 00-1']);
  });
});
