// Compiled, never run, beside the installed package and its optional peers; see consumer.ts.
import { Controller, Module } from '@nestjs/common';
import { HealthCheckService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';
import { BrokerClient, BrokerModule, createBrokerClient } from 'nestjs-broker';
import { BrokerMetricsModule, measureBroker } from 'nestjs-broker/metrics';
import { BrokerMonitorModule, type MonitoredMessage } from 'nestjs-broker/monitor';
import { BrokerOtelModule, traceBroker } from 'nestjs-broker/otel';
import { BrokerHealthIndicator } from 'nestjs-broker/terminus';
import { Registry } from 'prom-client';

@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly broker: BrokerHealthIndicator,
  ) {}

  check(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.broker.live('live'),
      () => this.broker.ready('ready', { broker: 'other' }),
    ]);
  }
}

@Module({
  imports: [
    BrokerModule.forRoot(),
    BrokerMetricsModule.forRoot({ registry: new Registry(), buckets: [1] }),
    BrokerOtelModule.forRoot(),
    BrokerMonitorModule.forRoot({
      guards: [{ canActivate: () => true }],
      redact: (message: MonitoredMessage): MonitoredMessage => ({ ...message, headers: {} }),
    }),
    TerminusModule,
  ],
  controllers: [HealthController],
  providers: [BrokerHealthIndicator],
})
export class AppModule {}

const client: BrokerClient = createBrokerClient();
export const ends: (() => void)[] = [traceBroker(client), measureBroker(client, { prefix: 'a_' })];
