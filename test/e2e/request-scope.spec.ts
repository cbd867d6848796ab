import { Controller, Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { OnRequest, OnTask, type BrokerContext } from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, modes, testApp } from '../support/test-app.js';

describe.each(modes)('request scope (%s)', (mode) => {
  it('makes an instance for each message, which knows the message', async () => {
    const seen = new Recorder<unknown>();
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    class Unit {
      readonly number = (made += 1);

      constructor(
        @Inject(REQUEST) readonly request: { getPattern(): string; getData(): unknown },
      ) {}
    }
    @Controller()
    class Orders {
      constructor(private readonly unit: Unit) {}

      @OnTask('create', { attempts: 1 })
      create(@Payload() data: unknown, @Ctx() { attempt }: BrokerContext): void {
        const { number, request } = this.unit;
        seen.record([number, request.getPattern(), request.getData(), data, attempt]);
      }

      @OnRequest('fail')
      fail(): never {
        throw new RangeError('scoped');
      }
    }
    const { broker } = await testApp({
      broker: brokerOptions(mode),
      controllers: [Orders],
      providers: [Unit],
    });
    await broker.enqueue('create', 'a', { key: 'one' });
    await broker.enqueue('create', 'b', { key: 'one' });
    expect(await seen.count(2)).toEqual([
      [1, 'create', 'a', 'a', 1],
      [2, 'create', 'b', 'b', 1],
    ]);
    await expect(broker.request('fail')).rejects.toMatchObject({ message: 'scoped' });
  });

  it('what cannot be made fails the message with its own error', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Broken {
      constructor() {
        throw new RangeError('cannot be made');
      }
    }
    @Controller()
    class Orders {
      constructor(readonly broken: Broken) {}

      @OnTask('create', { attempts: 1 })
      create(): void {}
    }
    const { broker } = await testApp({
      broker: brokerOptions(mode),
      controllers: [Orders],
      providers: [Broken],
    });
    await broker.enqueue('create');
    await eventually(async () => {
      const [letter] = await broker.deadLetters.list();
      expect(letter?.error).toMatchObject({ message: 'cannot be made' });
    });
  });
});
