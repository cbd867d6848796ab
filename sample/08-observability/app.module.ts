import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { BrokerModule } from 'nestjs-broker';
import { BrokerMetricsModule } from 'nestjs-broker/metrics';
import { BrokerMonitorModule } from 'nestjs-broker/monitor';
import { BrokerOtelModule } from 'nestjs-broker/otel';
import { BrokerHealthIndicator } from 'nestjs-broker/terminus';
import { HealthController } from './health.controller.js';
import { ParcelsController } from './parcels.controller.js';
import { TeamGuard } from './team.guard.js';

@Module({
  imports: [
    BrokerModule.forRoot({ tasks: { backoff: { delay: 1 } } }),
    BrokerMetricsModule.forRoot(),
    BrokerOtelModule.forRoot(),
    BrokerMonitorModule.forRoot({ path: 'monitor', guards: [TeamGuard] }),
    TerminusModule.forRoot({ logger: false }),
  ],
  controllers: [HealthController, ParcelsController],
  providers: [BrokerHealthIndicator],
})
export class AppModule {}
