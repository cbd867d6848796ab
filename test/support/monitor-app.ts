import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { BrokerClient, BrokerModule } from 'nestjs-broker';
import { closing, moduleOf, quiet, type TestAppOptions } from './test-app.js';

export interface MonitorApp {
  readonly app: INestApplication;
  readonly broker: BrokerClient;
  readonly url: string;
}

interface Place {
  /** Default: Express. */
  readonly platform?: 'express' | 'fastify';
  /** Of all its paths. */
  readonly prefix?: string;
  /** Waits for connections when it closes, as apps do: also for the spare ones that clients open ahead. */
  readonly waits?: boolean;
}

/** An HTTP app with one broker, which listens on a port of its own and is closed with the test. */
export async function monitorApp(
  { broker, imports = [], ...rest }: TestAppOptions,
  { platform = 'express', prefix = '', waits = false }: Place = {},
): Promise<MonitorApp> {
  const module = moduleOf({ imports: [BrokerModule.forRoot(broker), ...imports], ...rest });
  const ending = { forceCloseConnections: !waits };
  const app =
    platform === 'express'
      ? await NestFactory.create(module, { ...quiet, ...ending })
      : await NestFactory.create(module, new FastifyAdapter(ending), quiet);
  closing(app);
  if (prefix !== '') app.setGlobalPrefix(prefix);
  await app.listen(0, '127.0.0.1');
  return { app, broker: app.get(BrokerClient), url: await app.getUrl() };
}
