import { Controller } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import {
  BrokerClient,
  BrokerContext,
  BrokerModule,
  brokerMicroservice,
  DuplicateHandlerError,
  OnRequest,
  OnTask,
} from 'nestjs-broker';
import { firstValueFrom, of, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, closing, moduleOf, modes, quiet } from '../support/test-app.js';

describe.each(modes)("Nest's own patterns (%s)", (mode) => {
  it('are requests and events when the app runs with our strategy', async () => {
    const seen = new Recorder<string>();
    @Controller()
    class Native {
      @MessagePattern('sum')
      sum(@Payload() data: number[], @Ctx() context: BrokerContext): number {
        expect(context).toBeInstanceOf(BrokerContext);
        return data.reduce((a, b) => a + b, 0);
      }

      @MessagePattern({ cmd: 'list' })
      list() {
        return of(1, 2, 3);
      }

      @MessagePattern('refuse')
      refuse(): never {
        throw new RpcException({ code: 'REFUSED', message: 'not today' });
      }

      @EventPattern('happened')
      first(@Payload() data: string): void {
        seen.record(`first ${data}`);
      }

      @EventPattern('happened')
      second(@Payload() data: string): void {
        seen.record(`second ${data}`);
      }

      @OnTask('ours')
      ours(): void {
        seen.record('ours');
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

    expect(await firstValueFrom(broker.send('sum', [1, 2, 3]))).toBe(6);
    expect(await firstValueFrom(broker.send({ cmd: 'list' }, {}).pipe(toArray()))).toEqual([
      1, 2, 3,
    ]);
    await expect(broker.request('refuse')).rejects.toMatchObject({
      message: 'not today',
      code: 'REFUSED',
    });
    broker.emit('happened', 'now');
    expect([...(await seen.count(2))].toSorted()).toEqual(['first now', 'second now']);
    await broker.enqueue('ours');
    expect((await seen.count(3))[2]).toBe('ours');
  });

  it('refuse a second handler for one name, ours or theirs', async () => {
    @Controller()
    class Native {
      @MessagePattern('sum')
      sum(): void {}
    }
    @Controller()
    class Ours {
      @OnRequest('sum')
      sum(): void {}
    }
    const module = moduleOf({
      imports: [BrokerModule.forRoot(brokerOptions(mode))],
      controllers: [Native, Ours],
    });
    const app = closing(
      await NestFactory.createMicroservice(module, { ...brokerMicroservice(), ...quiet }),
    );
    await expect(app.init()).rejects.toThrow(DuplicateHandlerError);
  });
});
