import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BrokerModule } from 'nestjs-broker';
import { TicketsController } from './tickets.controller.js';

@Module({
  imports: [BrokerModule.forRoot({ mode: 'redis', service: 'tickets' })],
  controllers: [TicketsController],
})
class WorkerModule {}

// no HTTP server: the broker keeps it alive, and SIGTERM ends it after what it has in hand
const app = await NestFactory.createApplicationContext(WorkerModule, { logger: ['error'] });
app.enableShutdownHooks();
console.log(`worker: ${process.pid}`);
