import 'reflect-metadata';
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { BrokerClient } from 'nestjs-broker';
import { AppModule } from './app.module.js';
import { BooksController } from './books.controller.js';
import type { Library } from './library.js';

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const broker = app.get<BrokerClient<Library>>(BrokerClient);
const books = broker.group('books');
const branches = broker.group('branches');
const { lent, told } = app.get(BooksController);

// a group is a prefix: in handlers and in the client, of tasks, events and requests
const { id } = await books.enqueue('lend', { title: 'Svejk', reader: 'mira' });
assert.match(id, /^books\.lend:/);
await broker.enqueue('books.lend', { title: 'Krakatit', reader: 'noah' });
while (told.length < 2) await pause(10);
assert.deepEqual(Object.fromEntries(lent), { Svejk: 'mira', Krakatit: 'noah' });
assert.equal(await books.request('reader', { title: 'Svejk' }), 'mira');
assert.equal(await broker.request('books.reader', { title: 'RUR' }), null);

// all in one step, of one group
await books.enqueueMany([
  { name: 'lend', data: { title: 'RUR', reader: 'ines' } },
  { name: 'lend', data: { title: 'Valerie', reader: 'ines' } },
]);
while (told.length < 4) await pause(10);
assert.deepEqual(told.toSorted(), ['Krakatit', 'RUR', 'Svejk', 'Valerie']);

// by inheritance, and nested in the client
assert.equal(await branches.group('prague').request('hours'), '8 to 18');
assert.equal(await broker.request('branches.brno.hours'), '10 to 18');

await app.close();
console.log('04-groups: ok');
