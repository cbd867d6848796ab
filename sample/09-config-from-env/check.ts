import 'reflect-metadata';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { BrokerBalancer, BrokerClient } from 'nestjs-broker';
import { AppModule } from './app.module.js';
import { ReportsController } from './reports.controller.js';

// as `node --env-file` does it: what the process has already counts more
const example = parseEnv(await readFile(new URL('.env.example', import.meta.url), 'utf8'));
process.env = { ...example, ...process.env };
const start = () =>
  NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });

const app = await start();
const balancer = app.get(BrokerBalancer);
assert.equal(balancer.strategy, 'weighted');
const [consumer, ...others] = await balancer.consumers();
assert.deepEqual(others, []);
assert.equal(consumer?.service, 'reports');
assert.equal(consumer.instanceName, 'reports-1');
assert.equal(consumer.weight, 3);

await app.get(BrokerClient).enqueue('reports.write', { month: 'May' });
const { written } = app.get(ReportsController);
while (written.length === 0) await pause(10);
assert.deepEqual(written, ['May']);
await app.close();

// a mistake stops the start, with what is allowed
process.env['SUBSCRIBER_WEIGHT'] = 'much';
process.env['HEARTBEAT_TTL'] = '30 apples';
await assert.rejects(start(), {
  code: 'INVALID_CONFIG',
  message: /SUBSCRIBER_WEIGHT.*"much"[^]*HEARTBEAT_TTL.*"30 apples"/,
});

console.log('09-config-from-env: ok');
