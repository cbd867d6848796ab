import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { BrokerClient, BrokerError } from 'nestjs-broker';
import { lastValueFrom, tap } from 'rxjs';
import { AppModule } from './app.module.js';

const app = await NestFactory.createApplicationContext(AppModule);
const broker = app.get(BrokerClient);

const crowns = await broker.request<number>('rates.convert', { currency: 'CZK', euros: 100 });
console.log('100 EUR are', crowns, 'CZK');

const history = broker.send<number>('rates.history', { currency: 'JPY' });
await lastValueFrom(history.pipe(tap((rate) => console.log('1 EUR was', rate, 'JPY'))));

for (const name of ['rates.convert', 'rates.forecast']) {
  try {
    await broker.request(name, { currency: 'XYZ', euros: 1 }, { timeout: '2s' });
  } catch (error) {
    if (error instanceof BrokerError) console.log(name, 'failed:', error.code, '-', error.message);
  }
}
await app.close();
