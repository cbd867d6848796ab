import 'reflect-metadata';
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { BrokerClient, createBrokerClient, getBrokerToken } from 'nestjs-broker';
import { hasRedis, orders } from './shared.js';

/** Waits until it is so. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 200; !(await isSo()); left -= 1) {
    assert.ok(left > 0, `it did not happen: ${isSo.toString()}`);
    await pause(50);
  }
}

const log = console.log;
if (hasRedis) {
  console.log = () => undefined;
  const { AppModule } = await import('./app.module.js');
  const { GoSide } = await import('./go-side.js');
  const { OrdersController } = await import('./orders.controller.js');
  const go = new GoSide();
  // before anybody works: nothing is passed over
  await go.enqueue('orders.create', { id: 'ORD-1', cents: 100 });
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  const broker = app.get(BrokerClient);
  const controller = app.get(OrdersController);
  const users = app.get<BrokerClient>(getBrokerToken('users'));

  // Go → Node: tasks, requests, events
  for (const n of [2, 3, 4]) await go.enqueue('orders.create', { id: `ORD-${n}`, cents: 100 * n });
  await until(() => controller.booked.size === 4);
  assert.equal(await go.request('orders.total', null), '{"cents":1000}');
  await go.publish('orders.login', { username: 'Bob' });
  await until(() => controller.logins.includes('Bob'));

  // what is done leaves nothing behind
  await until(async () => (await broker.stats()).names.every(({ running }) => running === 0));

  // Node → Go: tasks and requests
  await go.run();
  await users.enqueue('users.mail', { to: 'mira@example.com' });
  await until(() => go.mails.includes('mira@example.com'));
  const info = { id: 101, email: 'user101@example.com' };
  assert.deepEqual(await users.request('users.GET_INFO', { id: 101 }), info);
  assert.deepEqual(await users.request('users.GET_INFO', { id: 101 }, { mode: 'fast' }), info);

  go.close();
  await app.close();
} else {
  // there is nothing to share in the memory of a process
  const opening = async () => await createBrokerClient({ mode: 'memory', ...orders }).close();
  await assert.rejects(opening, { code: 'INVALID_CONFIG', message: /it needs mode "redis"/ });
}
log('11-go-interop: ok');
