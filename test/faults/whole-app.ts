import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  BrokerContext,
  OnEvent,
  OnRequest,
  OnTask,
  UnrecoverableError,
  type BrokerClient,
  type BrokerOptions,
} from 'nestjs-broker';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { LogBook, testApp } from '../support/test-app.js';
import { uniqueName } from '../support/unique-name.js';

/** An app that uses all there is of the broker, on some Redis. */
export interface WholeApp {
  readonly appName: string;
  readonly broker: BrokerClient;
  readonly logger: LogBook;
  readonly seen: Recorder<string>;
}

export async function wholeApp(options: BrokerOptions): Promise<WholeApp> {
  const seen = new Recorder<string>();
  const logger = new LogBook();
  const appName = options.appName ?? uniqueName('whole');

  @Controller()
  class Handlers {
    @OnTask('work')
    work(@Payload() data: string): void {
      seen.record(`task ${data}`);
    }

    @OnTask('fragile', { attempts: 2, backoff: { delay: 1 } })
    fragile(@Payload() data: string, @Ctx() ctx: BrokerContext): void {
      seen.record(`fragile ${data} ${ctx.attempt}`);
      if (ctx.attempt === 1) throw new Error('once more');
      throw new UnrecoverableError('never');
    }

    @OnEvent('news')
    news(@Payload() data: string): void {
      seen.record(`event ${data}`);
    }

    @OnRequest('double')
    double(@Payload() data: number): number {
      return data * 2;
    }
  }

  const broker = { mode: 'redis', appName, logger, ...options } as const;
  const app = await testApp({ broker, controllers: [Handlers] });
  return { appName, logger, seen, broker: app.broker };
}

/** Sends one of everything, and waits for what comes of it. */
export async function exercise({ broker, seen }: WholeApp, label: string): Promise<void> {
  await broker.enqueue('work', `${label} plain`);
  await broker.enqueue('work', `${label} keyed`, { key: 'k' });
  await broker.enqueue('work', `${label} delayed`, { delay: 50 });
  const once = { dedupeId: label };
  await broker.enqueue('work', `${label} once`, once);
  expect(await broker.enqueue('work', `${label} twice`, once)).toMatchObject({ duplicate: true });
  await broker.enqueue('fragile', label, { key: 'f' });
  await broker.publish('news', label);
  expect(await broker.request('double', 21)).toBe(42);
  expect(await broker.request('double', 4, { mode: 'fast' })).toBe(8);
  const { id } = await broker.enqueue('work', 'never', { delay: '1h' });
  expect(await broker.cancel(id)).toBe('removed');
  const expected = [
    ...['plain', 'keyed', 'delayed', 'once'].map((what) => `task ${label} ${what}`),
    `fragile ${label} 1`,
    `fragile ${label} 2`,
    `event ${label}`,
  ];
  await eventually(() => expect(mentioning(seen, label)).toEqual(expected.toSorted()));
  await eventually(async () => expect(await broker.deadLetters.list()).toHaveLength(1));
  expect(await broker.stats()).toMatchObject({ deadLetters: 1 });
  const letters = await broker.deadLetters.list();
  expect(await broker.deadLetters.drop(letters.map(({ entry }) => entry))).toBe(1);
  expect(await broker.health()).toMatchObject({ status: 'up' });
}

const mentioning = (seen: Recorder<string>, label: string): string[] =>
  seen.all.filter((line) => line.includes(label)).toSorted();
