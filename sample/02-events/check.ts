import 'reflect-metadata';
import assert from 'node:assert/strict';
import { setInterval, setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { BrokerClient, createBrokerClient } from 'nestjs-broker';
import { AppModule } from './app.module.js';
import { HistoryController } from './history.controller.js';
import { ordered, StockController } from './stock.controller.js';

const start = () => NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const apps = [await start(), await start()];
const broker = apps[0]!.get(BrokerClient);
const stocks = apps.map((app) => app.get(StockController).left);

// every instance gets every event, in the order in which one client published them
await broker.publish('stock.changed', { sku: 'teapot', left: 12 });
await broker.publish('stock.changed', { sku: 'teapot', left: 11 });
await broker.group('stock').publish('changed', { sku: 'kettle', left: 3 });
for await (const _ of setInterval(10)) if (stocks.every((left) => left.has('kettle'))) break;
for (const left of stocks) assert.deepEqual(Object.fromEntries(left), { teapot: 11, kettle: 3 });

// wildcards: one token, or all that are left; each handler gets an event once, under the name it has
const [history] = apps.map((app) => app.get(HistoryController));
await broker.publish('stock.eu.changed', { sku: 'teapot', left: 5 });
for await (const _ of setInterval(10)) if (history!.all.includes('stock.eu.changed')) break;
assert.deepEqual(history!.direct, ['stock.changed', 'stock.changed', 'stock.changed']);
assert.deepEqual(history!.all, [...history!.direct, 'stock.eu.changed']);

// nobody listens: nothing is kept, nothing fails
await broker.publish('stock.counted', { at: Date.now() });
const late = await start();
assert.equal(late.get(StockController).left.size, 0);

// the durable handler ran once for the whole service
while (ordered.length === 0) await pause(10);
assert.deepEqual(ordered, ['kettle']);

// nobody is there: the event waits for the service
const outside = createBrokerClient();
await outside.connect();
await Promise.all([...apps, late].map((app) => app.close()));
await outside.publish('stock.changed', { sku: 'cup', left: 1 });
const back = await start();
while (ordered.length === 1) await pause(10);
assert.deepEqual(ordered, ['kettle', 'cup']);
assert.equal(back.get(StockController).left.size, 0);

await back.close();
await outside.close();
console.log('02-events: ok');
