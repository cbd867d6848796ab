import { Controller, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { Contender, Load, Setup } from '../contender.js';

const connection = ({ host, port }: Setup) => ({
  transport: Transport.REDIS as const,
  options: { host, port },
});

/** Nest's built-in Redis transport. Its patterns are channels: the name of the app keeps runs apart. */
export const nestRedis: Contender = {
  async openProducer(setup) {
    const client = ClientProxyFactory.create(connection(setup));
    await client.connect();
    const send =
      setup.kind === 'event'
        ? async (load: Load) =>
            await lastValueFrom(client.emit(setup.app, load), { defaultValue: undefined })
        : async (load: Load) => await lastValueFrom(client.send<Load>(setup.app, load));
    return { send, close: async () => await client.close() };
  },

  async openConsumer(setup, onLoad) {
    const app = await NestFactory.createMicroservice(toModule(setup, onLoad), {
      ...connection(setup),
      logger: ['error'],
    });
    await app.listen();
    return { close: async () => await app.close() };
  },
};

function toModule(setup: Setup, onLoad: (load: Load) => void): new () => object {
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
