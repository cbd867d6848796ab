import { Controller, Get, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { BrokerClient, BrokerModule, OnTask, type BrokerOptions } from 'nestjs-broker';
import { BrokerHealthIndicator } from 'nestjs-broker/terminus';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, closing, modes, moduleOf, quiet } from '../support/test-app.js';

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly broker: BrokerHealthIndicator,
  ) {}

  @Get('live')
  @HealthCheck()
  live() {
    return this.health.check([() => this.broker.live('broker')]);
  }

  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([
      () => this.broker.ready('broker'),
      () => this.broker.ready('other', { broker: 'other' }),
    ]);
  }
}

/** A handler that holds its first task until it is told to go on. */
function worker() {
  const started = new Recorder<string>();
  let goOn = (): void => undefined;
  const waiting = new Promise<void>((resolve) => (goOn = resolve));
  @Controller()
  class Worker {
    @OnTask('work')
    async work(): Promise<void> {
      started.record('work');
      await waiting;
    }
  }
  return { Worker, started, goOn: () => goOn() };
}

async function httpApp(broker: BrokerOptions, controller: new () => object) {
  const module = moduleOf({
    imports: [
      BrokerModule.forRoot({ ...broker, maxJobs: 1 }),
      BrokerModule.forRoot({ ...broker, name: 'other' }),
      TerminusModule.forRoot({ logger: false }),
    ],
    controllers: [HealthController, controller],
    providers: [BrokerHealthIndicator],
  });
  const app: INestApplication = closing(await NestFactory.create(module, quiet));
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const probe = async (path: string) => {
    const response = await fetch(`${url}/health/${path}`);
    const { details } = (await response.json()) as { details: Record<string, object> };
    return { code: response.status, broker: details['broker'], other: details['other'] };
  };
  return { app, broker: app.get(BrokerClient), probe };
}

describe.each(modes)('health, %s', (mode) => {
  it('is told to Terminus: what waits, for how long, and the drain', async () => {
    const { Worker, started, goOn } = worker();
    const { app, broker, probe } = await httpApp(brokerOptions(mode), Worker);
    const well = { status: 'up', state: 'up', live: true, ready: true, link: 'up' };
    expect(await probe('live')).toMatchObject({ code: 200, broker: well });
    expect(await probe('ready')).toMatchObject({ code: 200, broker: well, other: well });
    await broker.enqueue('work');
    await started.next();
    await broker.enqueueMany([{ name: 'work' }, { name: 'work' }]);
    await eventually(async () => {
      const { broker: told } = await probe('ready');
      expect(told).toMatchObject({ waiting: 2, oldest: expect.any(Number), consuming: true });
    });
    const closed = app.close();
    await eventually(async () => {
      const health = await broker.health();
      expect(health).toMatchObject({ status: 'draining', live: true, ready: false });
    });
    goOn();
    await closed;
    expect(await broker.health()).toMatchObject({ live: false, ready: false });
  });
});
