import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createBrokerClient, type BrokerClient } from 'nestjs-broker';
import { Journal } from './journal.js';
import { Ledger } from './ledger.js';
import { SubscriberModule } from './subscriber.module.js';
import { DashboardController, ReceiptsController } from './subscribers.controller.js';
import { WorkerModule } from './worker.module.js';

const WORKERS = ['worker-1', 'worker-2', 'worker-3'];

/** Three workers, two subscribers and a sender. In production each would be a process of its own. */
export class Shop {
  readonly client: BrokerClient;
  readonly journal = new Journal();
  private readonly ledger = new Ledger();
  private readonly apps: INestApplicationContext[] = [];

  constructor(private readonly appName: string) {
    this.client = createBrokerClient({ appName });
  }

  async open(): Promise<void> {
    const { appName, ledger, journal } = this;
    for (const instanceName of WORKERS) {
      await this.start(WorkerModule.with({ appName, instanceName, ledger, journal }));
    }
    await this.start(SubscriberModule.with(appName, 'dashboard', DashboardController));
    await this.start(SubscriberModule.with(appName, 'receipts', ReceiptsController));
  }

  /** Ids of the orders that each subscriber was told of. */
  get subscribers(): { readonly dashboard: string[]; readonly receipts: string[] } {
    const [dashboard, receipts] = this.apps.slice(WORKERS.length);
    return {
      dashboard: dashboard?.get(DashboardController).seen ?? [],
      receipts: receipts?.get(ReceiptsController).seen ?? [],
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.close()));
    await this.client.close();
  }

  private async start(module: DynamicModule): Promise<void> {
    const app = await NestFactory.createApplicationContext(module, {
      logger: ['warn', 'error'],
      abortOnError: false,
    });
    this.apps.push(app);
  }
}
