import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BrokerModule } from 'nestjs-broker';
import { GatewayController } from './gateway.controller.js';

@Module({
  imports: [BrokerModule.forRoot({ mode: 'redis', service: 'gateway' })],
  controllers: [GatewayController],
})
class GatewayModule {}

const app = await NestFactory.create(GatewayModule, { logger: ['error'] });
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`gateway: ${await app.getUrl()}`);
