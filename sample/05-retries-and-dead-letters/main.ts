import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { BrokerClient } from 'nestjs-broker';
import { AppModule } from './app.module.js';
import { Printer } from './printer.js';

const app = await NestFactory.createApplicationContext(AppModule);
const broker = app.get(BrokerClient);
const printer = app.get(Printer);

printer.state = 'jammed';
await broker.enqueue('labels.print', { to: 'Mira', country: 'PT' });
await broker.enqueue('labels.print', { to: 'Noah', country: 'Atlantis' });
await pause(500);

// somebody looks at them, and repairs the printer
const letters = await broker.deadLetters.list();
for (const { data, reason, attempts, error } of letters) {
  console.log(data, `${reason} after ${attempts} attempts:`, error.message);
}
printer.state = 'ready';
const failed = letters.filter(({ reason }) => reason === 'failed');
console.log('replayed:', await broker.deadLetters.replay(failed.map(({ entry }) => entry)));

await pause(200);
console.log('printed:', printer.printed);
await app.close();
