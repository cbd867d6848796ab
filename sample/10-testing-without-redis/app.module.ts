import { Module } from '@nestjs/common';
import { BrokerModule } from 'nestjs-broker';
import { Payments } from './payments.js';
import { RentalsController } from './rentals.controller.js';
import { RentalsService } from './rentals.service.js';

@Module({
  imports: [BrokerModule.forRoot({ mode: 'redis', redis: { url: 'redis://redis.shop.example' } })],
  controllers: [RentalsController],
  providers: [RentalsService, Payments],
})
export class AppModule {}
