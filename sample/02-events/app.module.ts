import { Module } from '@nestjs/common';
import { BrokerModule } from 'nestjs-broker';
import { HistoryController } from './history.controller.js';
import { StockController } from './stock.controller.js';

@Module({ imports: [BrokerModule.forRoot()], controllers: [StockController, HistoryController] })
export class AppModule {}
