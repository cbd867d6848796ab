import { Module } from '@nestjs/common';
import { BrokerModule } from 'nestjs-broker';
import { MailsController } from './mails.controller.js';

@Module({ imports: [BrokerModule.forRoot()], controllers: [MailsController] })
export class AppModule {}
