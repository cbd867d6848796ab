import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { BrokerModule, OnRequest } from 'nestjs-broker';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { nodeTypeScript } from '../support/node-typescript.js';
import { sharedRedis } from '../support/redis-server.js';
import { closing, LogBook, moduleOf, quiet, testApp, testClient } from '../support/test-app.js';
import { uniqueName } from '../support/unique-name.js';

interface Outcome {
  readonly code: unknown;
  readonly output: string;
}

/** Runs the app of the fixture in a process of its own. */
async function run(variables: Record<string, string>): Promise<Outcome> {
  const file = new URL('fixtures/env-app.ts', import.meta.url);
  const env = { PATH: process.env['PATH'], NO_COLOR: '1', ...variables };
  const child = spawn(process.execPath, nodeTypeScript(file), { env });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[unknown]>,
  ]);
  return { code, output: out + err };
}

describe('the environment', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('sets up a process on Redis', async () => {
    const { host, port } = sharedRedis();
    const APP_NAME = uniqueName('env');
    const names = { APP_NAME, SERVICE_NAME: 'orders', INSTANCE_NAME: 'one', BROKER_MODE: 'redis' };
    const { code, output } = await run({ ...names, REDIS_ADDR: `${host}:${port}` });
    expect(output).toMatch(
      new RegExp(
        `on redis://${host}:${port}/0: app "${APP_NAME}", service "orders", instance "one"`,
      ),
    );
    expect(output).toContain('unclaimed: 1');
    expect(output).not.toContain('WARN');
    expect(code).toBe(0);
  });

  it('leaves a process in memory without BROKER_MODE, and warns', async () => {
    const { code, output } = await run({ REDIS_URL: 'redis://:hunter2@127.0.0.1:1' });
    expect(output).toMatch(/WARN.*REDIS_URL is set, but messages stay in memory/);
    expect(output).toMatch(/Broker "default" in memory: app "app", service "app"/);
    expect(output).toContain('unclaimed: 1');
    expect(output).not.toContain('hunter2');
    expect(code).toBe(0);
  });

  it('tells queue and balancer apart, and misses what nothing reads', async () => {
    const { host, port } = sharedRedis();
    const APP_NAME = uniqueName('env');
    const types = { QUEUE_TYPE: 'redis', BALANCER_TYPE: 'memory', QUEUE_PREFIX: 'tasks' };
    const { code, output } = await run({
      APP_NAME,
      ...types,
      QUEUE_REDIS_ADDR: `${host}:${port}`,
      QUEUE_REDIS_DB: '0',
      QUEUE_REDIS_POOL_SIZE: '10',
      QUEUE_REDIS_MAX_RETRIES: '2',
      BROKER_MOD: 'redis',
    });
    expect(output).toMatch(/mode hybrid, strategy competing; sends only/);
    expect(output).toContain(`on redis://${host}:${port}/0: app "${APP_NAME}"`);
    expect(output).toMatch(/WARN.*QUEUE_REDIS_POOL_SIZE has no effect/);
    expect(output).toMatch(
      /WARN.*nothing reads the variable BROKER_MOD \(did you mean BROKER_MODE/,
    );
    expect(output).toContain('unclaimed: 1');
    expect(code).toBe(0);
    const redis = new Redis(sharedRedis().url);
    onTestFinished(() => redis.disconnect());
    expect(await redis.exists(`{tasks:${APP_NAME}}:v`)).toBe(1);
    expect(await redis.exists(`{broker:${APP_NAME}}:v`)).toBe(0);
  });

  it('stops the start of a process with one error, and never shows a password', async () => {
    const { code, output } = await run({
      BROKER_MODE: 'redis',
      REDIS_URL: 'redis://ann:hunter2@127.0.0.1:port',
      MAX_JOBS: 'many',
    });
    expect(code).not.toBe(0);
    expect(output).toContain('REDIS_URL is "redis://***@127.0.0.1:port", allowed: redis://');
    expect(output).toContain('MAX_JOBS is "many", allowed: a whole number');
    expect(output).not.toContain('hunter2');
    expect(output).not.toContain('unclaimed');
  });

  it('can name the Redis by its URL', async () => {
    vi.stubEnv('BROKER_MODE', 'redis');
    vi.stubEnv('REDIS_URL', sharedRedis().url);
    const client = testClient({ appName: uniqueName('env'), logger: new LogBook() });
    await client.enqueue('orders.create');
    expect(await client.health()).toMatchObject({ status: 'up' });
  });

  it.each([
    ['BROKER_MODE', 'kafka'],
    ['HEARTBEAT_TTL', 'soon'],
    ['REDIS_ADDR', 'nowhere'],
  ])('stops the start when %s is %s', async (variable, value) => {
    vi.stubEnv(variable, value);
    const started = NestFactory.createApplicationContext(
      moduleOf({ imports: [BrokerModule.forRoot()] }),
      quiet,
    );
    await expect(started).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(`${variable} is "${value}", allowed: `) as string,
    });
  });

  it('gives way to code, and is for the default broker only', async () => {
    const appName = uniqueName('env');
    vi.stubEnv('APP_NAME', appName);
    vi.stubEnv('SERVICE_NAME', 'from-env');
    vi.stubEnv('MAX_JOBS', '3');
    const logger = new LogBook();
    const billing = uniqueName('billing');
    await testApp({
      broker: { service: 'from-code', logger },
      imports: [BrokerModule.forRoot({ name: 'billing', appName: billing, logger })],
    });
    expect(logger.lines.toSorted()).toEqual([
      expect.stringContaining(`"billing" in memory: app "${billing}", service "${billing}"`),
      expect.stringContaining(`"default" in memory: app "${appName}", service "from-code"`),
    ]);
  });

  it('reaches the client without an app, and is read when the app is made', async () => {
    @Controller()
    class Echo {
      @OnRequest('echo')
      echo(@Payload() data: unknown): unknown {
        return data;
      }
    }
    const broker = BrokerModule.forRoot({ logger: new LogBook() });
    vi.stubEnv('APP_NAME', uniqueName('env'));
    const module = moduleOf({ imports: [broker], controllers: [Echo] });
    closing(await NestFactory.createApplicationContext(module, quiet));
    expect(await testClient({ logger: new LogBook() }).request('echo', 1)).toBe(1);
  });
});
