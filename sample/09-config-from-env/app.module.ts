import { Module } from '@nestjs/common';
import { BrokerModule } from 'nestjs-broker';
import { ReportsController } from './reports.controller.js';

/** Nothing about the broker stands in code: see .env.example. */
@Module({ imports: [BrokerModule.forRoot()], controllers: [ReportsController] })
export class AppModule {}
