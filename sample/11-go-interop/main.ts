import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { BrokerClient, getBrokerToken } from 'nestjs-broker';
import { hasRedis } from './shared.js';

if (!hasRedis) {
  console.log('A shared stream lies in Redis: set BROKER_MODE=redis and REDIS_ADDR=host:port.');
} else {
  const { AppModule } = await import('./app.module.js');
  const { GoSide } = await import('./go-side.js');
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
  const users = app.get<BrokerClient>(getBrokerToken('users'));
  const go = new GoSide();

  // Go → Node
  await go.enqueue('orders.create', { id: 'ORD-1', cents: 1_999 });
  await go.publish('orders.login', { username: 'Bob' });
  console.log('[go] total:', await go.request('orders.total', null));

  // Node → Go
  await go.run();
  await users.enqueue('users.mail', { to: 'mira@example.com' });
  console.log('[node] user:', await users.request('users.GET_INFO', { id: 101 }));
  console.log('[go] mails:', go.mails);

  go.close();
  await app.close();
}
