import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { BrokerClient } from 'nestjs-broker';
import { AppModule } from './app.module.js';

const app = await NestFactory.createApplicationContext(AppModule);
const broker = app.get(BrokerClient);
const mails = broker.group('mails');

// one after the other for Mira, although the first one is retried
const mira = { key: 'mira' };
await mails.enqueue('send', { to: 'mira@busy.example', subject: 'Your order' }, mira);
await mails.enqueue('send', { to: 'mira@busy.example', subject: 'Your invoice' }, mira);
await mails.enqueue('send', { to: 'noah@shop.example', subject: 'In a second' }, { delay: '1s' });
await mails.enqueue('send', { to: 'nobody', subject: 'A dead letter' });

await pause(2_000);
for (const { data, reason, error } of await broker.deadLetters.list()) {
  console.log('dead letter:', data, reason, '-', error.message);
}
await app.close();
