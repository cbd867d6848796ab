import { Module } from '@nestjs/common';
import { BrokerModule } from 'nestjs-broker';
import { StockController } from './stock.controller.js';

@Module({ imports: [BrokerModule.forRoot()], controllers: [StockController] })
export class AppModule {}
