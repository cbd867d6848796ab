import 'reflect-metadata';
import { Controller, Injectable, Module, UseGuards, type Type } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModuleRef, NestFactory } from '@nestjs/core';
import { Ctx, Payload, type MessageHandler } from '@nestjs/microservices';
import { firstValueFrom, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  BROKER_TRANSPORT,
  HANDLER_EXTRAS,
  type HandlerMetadata,
} from '../../../lib/config/index.js';
import { BrokerGroup, OnEvent, OnRequest, OnTask } from '../../../lib/decorators/index.js';
import { HandlerExplorer } from '../../../lib/server/index.js';
import type { OfferedHandler } from '../../../lib/server/handler-explorer.js';

class Base {
  @OnRequest('name')
  name(@Payload() data: unknown, @Ctx() context: unknown): unknown {
    return [this.constructor.name, data, context];
  }
}

@Controller()
@BrokerGroup('eu')
class Eu extends Base {}

@Controller()
@BrokerGroup('us', { broker: 'other' })
class Us extends Base {
  @OnTask('ship', { attempts: 2 })
  ship(): string {
    return 'shipped';
  }

  @OnEvent('guarded')
  @UseGuards({ canActivate: () => false })
  guarded(): void {}
}

@Injectable()
class Worker {
  @OnTask('work')
  work(): void {}
}

/** What Nest hands to a strategy, and the explorer of the same app. */
async function explore(controllers: Type[], providers: Type[] = []) {
  const offered: OfferedHandler[] = [];
  const strategy = {
    transportId: BROKER_TRANSPORT,
    listen: (callback: () => void) => callback(),
    close: () => undefined,
    addHandler(_: string, call: MessageHandler, __: boolean, extras: Record<string, unknown>) {
      offered.push({ metadata: extras[HANDLER_EXTRAS] as HandlerMetadata, call });
    },
  };
  class TestModule {}
  Module({ controllers, providers })(TestModule);
  const app = await NestFactory.createMicroservice(TestModule, { strategy, logger: false });
  await app.listen();
  const parts = {
    moduleRef: app.get(ModuleRef),
    config: app.get(ApplicationConfig),
    http: app.get(HttpAdapterHost),
  };
  return { offered, parts };
}

const called = async (call: ((data: unknown, context: unknown) => unknown) | undefined) =>
  call?.('data', 'context');

describe('the explorer', () => {
  it('finds the handlers of one broker, with their groups and policies', async () => {
    const { parts } = await explore([Eu, Us], [Worker]);
    const explorer = new HandlerExplorer(parts);
    const ours = await explorer.find('default', true, []);
    expect(ours.map(({ kind, name, origin }) => [kind, name, origin])).toEqual([
      ['request', 'eu.name', 'Eu.name'],
      ['task', 'work', 'Worker.work'],
    ]);
    expect(await called(ours[0]?.call)).toEqual(['Eu', 'data', 'context']);
    const theirs = await explorer.find('other', true, []);
    expect(theirs.map(({ name, attempts }) => [name, attempts])).toEqual([
      ['us.ship', 2],
      ['us.guarded', undefined],
      ['us.name', undefined],
    ]);
    const refused = firstValueFrom((await called(theirs[1]?.call)) as Observable<unknown>);
    await expect(refused).rejects.toThrow('Forbidden resource');
  });

  it('takes nothing from inside Nest where there is no handler', async () => {
    const { parts } = await explore([Eu]);
    const explorer = new HandlerExplorer(parts, () => expect.fail('it was loaded'));
    expect(await explorer.find('other', true, [])).toEqual([]);
  });

  it('uses what Nest offers where nothing can be taken from inside Nest', async () => {
    const { parts, offered } = await explore([Eu, Us]);
    const explorer = new HandlerExplorer(parts, () => Promise.reject(new Error('moved')));
    const [eu] = await explorer.find('default', true, offered);
    expect(eu?.name).toBe('eu.name');
    expect(await called(eu?.call)).toEqual(['Eu', 'data', 'context']);
    const theirs = await explorer.find('other', true, offered);
    const us = theirs.find(({ name }) => name === 'us.name');
    expect(await called(us?.call)).toEqual(['Us', 'data', 'context']);
    expect(await called(theirs.find(({ name }) => name === 'us.ship')?.call)).toBe('shipped');
  });

  it('says why when that is not enough', async () => {
    const { parts } = await explore([], [Worker]);
    const explorer = new HandlerExplorer(parts, () => Promise.reject(new Error('moved')));
    await expect(explorer.find('default', true, [])).rejects.toThrow(
      /Worker\.work: this version of Nest is not known yet/,
    );
  });
});
