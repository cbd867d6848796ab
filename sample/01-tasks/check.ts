import 'reflect-metadata';
import assert from 'node:assert/strict';
import { setInterval } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { BrokerClient } from 'nestjs-broker';
import { AppModule } from './app.module.js';
import { MailsController } from './mails.controller.js';

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const broker = app.get(BrokerClient);
const mails = broker.group('mails');
const { sent } = app.get(MailsController);

// retried, and still in order
const busy = { to: 'mira@busy.example' };
await mails.enqueueMany([
  { name: 'send', data: { ...busy, subject: 'first' }, options: { key: 'mira' } },
  { name: 'send', data: { ...busy, subject: 'second' }, options: { key: 'mira' } },
]);
for await (const _ of setInterval(10)) if (sent.length === 2) break;
assert.deepEqual(sent, ['first', 'second']);

// accepted once
const once = { dedupeId: `check-${process.pid}-${Date.now()}` };
const mail = { to: 'noah@shop.example', subject: 'third' };
const first = await mails.enqueue('send', mail, once);
const second = await mails.enqueue('send', mail, once);
assert.deepEqual(second, { id: first.id, duplicate: true });

// taken out before it runs
const later = await mails.enqueue('send', { ...mail, subject: 'never' }, { delay: '1h' });
assert.equal(await broker.cancel(later.id), 'removed');

// beyond help: no second attempt
const { id } = await mails.enqueue('send', { to: 'nobody', subject: 'dead' });
for await (const _ of setInterval(10)) {
  const letter = (await broker.deadLetters.list()).find((dead) => dead.id === id);
  if (letter === undefined) continue;
  assert.equal(letter.reason, 'unrecoverable');
  assert.equal(letter.error.message, '"nobody" is no mail address');
  assert.equal(letter.attempts, 1);
  assert.equal(await broker.deadLetters.drop([letter.entry]), 1);
  break;
}
assert.deepEqual(sent, ['first', 'second', 'third']);

await app.close();
console.log('01-tasks: ok');
