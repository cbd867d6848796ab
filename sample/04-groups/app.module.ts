import { Module } from '@nestjs/common';
import { BrokerModule } from 'nestjs-broker';
import { BooksController } from './books.controller.js';
import { BrnoController, PragueController } from './branches.controller.js';

@Module({
  imports: [BrokerModule.forRoot()],
  controllers: [BooksController, PragueController, BrnoController],
})
export class AppModule {}
