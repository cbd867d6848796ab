import { Module } from '@nestjs/common';
import { BrokerModule } from 'nestjs-broker';
import { LabelsController } from './labels.controller.js';
import { Printer } from './printer.js';

@Module({
  imports: [
    BrokerModule.forRoot({
      // what handlers do not say themselves
      tasks: { attempts: 3, backoff: { type: 'exponential', delay: '50ms', max: '1s' } },
    }),
  ],
  controllers: [LabelsController],
  providers: [Printer],
})
export class AppModule {}
