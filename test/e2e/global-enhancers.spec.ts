import { BadRequestException, Controller, ValidationPipe } from '@nestjs/common';
import { APP_GUARD, APP_PIPE, NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import { BrokerClient, BrokerModule, OnRequest } from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, closing, moduleOf, quiet, testApp } from '../support/test-app.js';

class CreateOrder {
  @IsInt()
  id!: number;

  @IsString()
  item!: string;
}

describe('global enhancers', () => {
  const seen = new Recorder<string>();
  const globals = [
    { provide: APP_PIPE, useValue: new ValidationPipe() },
    { provide: APP_GUARD, useValue: { canActivate: () => (seen.record('guard'), true) } },
  ];
  @Controller()
  class Orders {
    @OnRequest('check')
    check(@Payload() order: CreateOrder): number {
      return order.id;
    }
  }

  it('stand before handlers in an app without HTTP', async () => {
    const { broker } = await testApp({
      broker: brokerOptions('memory'),
      controllers: [Orders],
      providers: globals,
    });
    expect(await broker.request('check', { id: 1, item: 'tea' })).toBe(1);
    expect(seen.all).toHaveLength(1);
    await expect(broker.request('check', {})).rejects.toThrow(new BadRequestException().message);
  });

  it('are for HTTP only in an HTTP app, as in hybrid apps of Nest', async () => {
    const module = moduleOf({
      imports: [BrokerModule.forRoot(brokerOptions('memory'))],
      controllers: [Orders],
      providers: globals,
    });
    const app = closing(await NestFactory.create(module, quiet));
    await app.init();
    expect(await app.get(BrokerClient).request('check', { id: 'any' })).toBe('any');
  });
});
