import { Controller, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { Contender, Load, OnLoad, Setup } from '../contender.js';

const connection = ({ host, port }: Setup) => ({
  transport: Transport.REDIS as const,
  options: { host, port },
});

/** Nest's built-in Redis transport. Its patterns are channels, so the name of the app is the pattern. */
export const nestRedis: Contender = {
  async openProducer(setup) {
    Logger.overrideLogger(['error', 'warn']);
    const client = ClientProxyFactory.create(connection(setup));
    await client.connect();
    const send = {
      event: (load: Load) => lastValueFrom(client.emit(setup.app, load), { defaultValue: load }),
      request: (load: Load) => lastValueFrom(client.send<Load>(setup.app, load)),
      task: () => Promise.reject(new Error('Nest has no tasks')),
    };
    return { send: send[setup.kind], close: async () => await client.close() };
  },

  async openConsumer(setup, onLoad) {
    const app = await NestFactory.createMicroservice(toModule(setup, onLoad), {
      ...connection(setup),
      logger: ['error', 'warn'],
    });
    await app.listen();
    return { close: () => app.close() };
  },
};

function toModule(setup: Setup, onLoad: OnLoad): new () => object {
  @Controller()
  class EventController {
    @EventPattern<string>(setup.app)
    handle(@Payload() load: Load): void {
      onLoad(load);
    }
  }
  @Controller()
  class RequestController {
    @MessagePattern(setup.app)
    handle(@Payload() load: Load): Load {
      onLoad(load);
      return load;
    }
  }
  @Module({ controllers: [setup.kind === 'event' ? EventController : RequestController] })
  class AppModule {}
  return AppModule;
}
