import { Module } from '@nestjs/common';
import { BrokerModule } from 'nestjs-broker';
import { RatesController } from './rates.controller.js';

@Module({ imports: [BrokerModule.forRoot()], controllers: [RatesController] })
export class AppModule {}
