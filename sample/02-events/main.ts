import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { BrokerClient } from 'nestjs-broker';
import { AppModule } from './app.module.js';
import { StockController } from './stock.controller.js';

// two instances, as two processes would be with BROKER_MODE=redis
const one = await NestFactory.createApplicationContext(AppModule);
const two = await NestFactory.createApplicationContext(AppModule);

const broker = one.get(BrokerClient);
await broker.publish('stock.changed', { sku: 'teapot', left: 12 });
await broker.publish('stock.changed', { sku: 'kettle', left: 3 });

await pause(200);
for (const app of [one, two]) console.log(app.get(StockController).left);
await Promise.all([one.close(), two.close()]);
