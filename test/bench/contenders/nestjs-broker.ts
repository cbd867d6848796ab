import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  BrokerModule,
  OnEvent,
  OnRequest,
  OnTask,
  createBrokerClient,
  type BrokerOptions,
} from 'nestjs-broker';
import { CONCURRENCY, type Contender, type Load, type OnLoad, type Setup } from '../contender.js';

const NAME = 'work';

const options = ({ app, host, port, replies = 'reliable' }: Setup): BrokerOptions => ({
  appName: app,
  service: 'worker',
  mode: 'redis',
  redis: { host, port },
  maxJobs: CONCURRENCY,
  rpc: { mode: replies, maxJobs: CONCURRENCY },
});

/** The package as a user has it: a client on one side, a controller on the other, every guarantee on. */
export const nestjsBroker: Contender = {
  async openProducer(setup) {
    const client = createBrokerClient(options(setup));
    await client.connect();
    const send = {
      task: (load: Load) => client.enqueue(NAME, load),
      event: (load: Load) => client.publish(NAME, load),
      request: (load: Load) => client.request<Load>(NAME, load),
    };
    return {
      send: send[setup.kind],
      async backlog() {
        const { names, delayed, gated, deadLetters } = await client.stats();
        const parked = delayed + gated + deadLetters;
        return names.reduce((sum, { waiting, running }) => sum + waiting + running, parked);
      },
      close: () => client.close(),
    };
  },

  async openConsumer(setup, onLoad) {
    const app = await NestFactory.createApplicationContext(toModule(setup, onLoad), {
      logger: ['error', 'warn'],
    });
    return { close: () => app.close() };
  },
};

function toModule(setup: Setup, onLoad: OnLoad): new () => object {
  @Controller()
  class TaskController {
    @OnTask(NAME)
    handle(load: Load): void {
      onLoad(load);
    }
  }
  @Controller()
  class EventController {
    @OnEvent(NAME)
    handle(load: Load): void {
      onLoad(load);
    }
  }
  @Controller()
  class RequestController {
    @OnRequest(NAME)
    handle(load: Load): Load {
      onLoad(load);
      return load;
    }
  }
  const controllers = { task: TaskController, event: EventController, request: RequestController };
  @Module({
    imports: [BrokerModule.forRoot(options(setup))],
    controllers: [controllers[setup.kind]],
  })
  class AppModule {}
  return AppModule;
}
