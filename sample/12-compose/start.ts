import type { ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BrokerModule } from 'nestjs-broker';
import { HealthController } from './health.controller.js';

/** An app whose broker is configured by the environment alone, with its health on `PORT`. */
export async function start({ controllers = [], ...rest }: ModuleMetadata): Promise<void> {
  @Module({
    ...rest,
    imports: [BrokerModule.forRoot(), ...(rest.imports ?? [])],
    controllers: [HealthController, ...controllers],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  await app.listen(process.env['PORT'] ?? 3000);
  console.log(`ready: ${await app.getUrl()}`);
}
