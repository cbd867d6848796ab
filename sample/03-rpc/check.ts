import 'reflect-metadata';
import assert from 'node:assert/strict';
import { NestFactory } from '@nestjs/core';
import { BrokerClient } from 'nestjs-broker';
import { firstValueFrom, toArray } from 'rxjs';
import { AppModule } from './app.module.js';

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const broker = app.get(BrokerClient);
const rates = broker.group('rates');
const query = { currency: 'JPY', euros: 10 };

// one value, in both modes
assert.equal(await rates.request('convert', query), 1724);
assert.equal(await rates.request('convert', query, { mode: 'fast', timeout: '2s' }), 1724);

// all values in order; `request` resolves to the last one
const history = rates.send<number>('history', query).pipe(toArray());
assert.deepEqual(await firstValueFrom(history), [171.2, 170.9, 172.4]);
assert.equal(await rates.request('history', query), 172.4);

// as many as are asked for, of one that would never end
let ticks = 0;
for await (const rate of rates.stream<number>('ticks', query)) {
  assert.ok(rate > 170);
  ticks += 1;
  if (ticks === 1_000) break;
}

// asked again with one id: the reply there was
const once = { id: 'conversion 1', retry: 3 };
assert.equal(await rates.request('convert', query, once), 1724);
assert.equal(await rates.request('convert', { ...query, euros: 20 }, once), 1724);

// every caller gets its own answer
const many = Array.from({ length: 100 }, (_, euros) =>
  rates.request('convert', { currency: 'CZK', euros: euros * 100 }),
);
assert.deepEqual(
  await Promise.all(many),
  many.map((_, euros) => Math.round(euros * 2428)),
);

// the handler's error
await assert.rejects(rates.request('convert', { currency: 'XYZ', euros: 1 }), {
  name: 'RemoteError',
  code: 'UNKNOWN_CURRENCY',
  message: 'there is no rate for XYZ',
  data: { known: ['CZK', 'JPY'] },
});

// nobody handles it: told at once
const begin = performance.now();
await assert.rejects(rates.request('forecast', query), { code: 'NO_HANDLER' });
assert.ok(performance.now() - begin < 1_000);

await app.close();
console.log('03-rpc: ok');
