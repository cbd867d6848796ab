import { Module, type DynamicModule } from '@nestjs/common';
import { BrokerModule } from 'nestjs-broker';
import { WORKER } from './journal.interceptor.js';
import { Journal } from './journal.js';
import { Ledger } from './ledger.js';
import { OrdersController } from './orders.controller.js';
import { Payments } from './payments.js';

export interface WorkerOptions {
  readonly appName: string;
  readonly instanceName: string;
  readonly ledger: Ledger;
  readonly journal: Journal;
}

/** One instance of the service that handles orders. */
@Module({ controllers: [OrdersController], providers: [Payments] })
export class WorkerModule {
  static with({ appName, instanceName, ledger, journal }: WorkerOptions): DynamicModule {
    return {
      module: WorkerModule,
      imports: [BrokerModule.forRoot({ appName, service: 'orders', instanceName, maxJobs: 20 })],
      providers: [
        { provide: WORKER, useValue: instanceName },
        { provide: Ledger, useValue: ledger },
        { provide: Journal, useValue: journal },
      ],
    };
  }
}
