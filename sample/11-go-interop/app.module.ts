import { Module } from '@nestjs/common';
import { BrokerModule } from 'nestjs-broker';
import { OrdersController } from './orders.controller.js';
import { orders, redis, users } from './shared.js';

/**
 * A stream for each direction: a Go-Broker worker drops what it has no handler for, so it must not read what is meant
 * for others.
 */
@Module({
  imports: [
    BrokerModule.forRoot({ ...orders, balancer: { cleanupInterval: '1s' } }),
    BrokerModule.forRoot({ name: 'users', mode: 'redis', redis, ...users }),
  ],
  controllers: [OrdersController],
})
export class AppModule {}
