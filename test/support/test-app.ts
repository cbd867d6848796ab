import 'reflect-metadata';
import type { INestApplicationContext, ModuleMetadata, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  BrokerClient,
  BrokerModule,
  createBrokerClient,
  type BrokerLogger,
  type BrokerOptions,
} from 'nestjs-broker';
import { onTestFinished } from 'vitest';
import { sharedRedis } from './redis-server.js';
import { uniqueName } from './unique-name.js';

/** What e2e suites loop over. */
export const modes = ['memory', 'redis'] as const;
export type Mode = (typeof modes)[number];

/** Keeps what the broker says, by level. */
export class LogBook implements BrokerLogger {
  readonly lines: string[] = [];
  readonly warnings: string[] = [];
  readonly errors: string[] = [];

  readonly log = (message: unknown): unknown => this.lines.push(String(message));
  readonly warn = (message: unknown): unknown => this.warnings.push(String(message));
  readonly error = (message: unknown): unknown => this.errors.push(String(message));
}

/** Options of a broker that shares its app with nobody else; its retries come at once. */
export const brokerOptions = (mode: Mode, options: BrokerOptions = {}): BrokerOptions => ({
  mode,
  appName: uniqueName('e2e'),
  logger: new LogBook(),
  ...(mode === 'redis' ? { redis: { url: sharedRedis().url } } : {}),
  ...options,
  tasks: { backoff: { type: 'fixed', delay: 1, jitter: 0 }, ...options.tasks },
});

/** A module class around some metadata. */
export function moduleOf(metadata: ModuleMetadata): Type {
  class TestModule {}
  Module(metadata)(TestModule);
  return TestModule;
}

export interface TestAppOptions extends ModuleMetadata {
  readonly broker: BrokerOptions;
}

export interface TestApp {
  readonly app: INestApplicationContext;
  readonly broker: BrokerClient;
}

/** An application context with one broker and its handlers, closed with the test. */
export async function testApp({ broker, imports = [], ...rest }: TestAppOptions): Promise<TestApp> {
  const module = moduleOf({ imports: [BrokerModule.forRoot(broker), ...imports], ...rest });
  const app = closing(await NestFactory.createApplicationContext(module, quiet));
  return { app, broker: app.get(BrokerClient) };
}

/** For every app that a test starts by itself. */
export const quiet = { logger: false, abortOnError: false } as const;

/** Closes the app with the test, whatever came of it. */
export function closing<T extends { close(): Promise<unknown> }>(app: T): T {
  onTestFinished(async () => void (await app.close()));
  return app;
}

/** A client without an app, closed with the test. */
export const testClient = (options: BrokerOptions): BrokerClient =>
  closing(createBrokerClient(options));
