import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { BrokerBalancer, BrokerClient } from 'nestjs-broker';
import { AppModule } from './app.module.js';
import { ReportsController } from './reports.controller.js';

const app = await NestFactory.createApplicationContext(AppModule);
const balancer = app.get(BrokerBalancer);
for (const { service, instanceName, weight } of await balancer.consumers()) {
  console.log(`${service}/${instanceName}: weight ${weight}`);
}

await app.get(BrokerClient).enqueue('reports.write', { month: 'May' });
while (app.get(ReportsController).written.length === 0) await new Promise(setImmediate);
await app.close();
