import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { BrokerModule } from 'nestjs-broker';
import { BrokerMetricsModule } from 'nestjs-broker/metrics';
import { BrokerOtelModule } from 'nestjs-broker/otel';
import { BrokerHealthIndicator } from 'nestjs-broker/terminus';
import { HealthController } from './health.controller.js';
import { ParcelsController } from './parcels.controller.js';

@Module({
  imports: [
    BrokerModule.forRoot({ tasks: { backoff: { delay: 1 } } }),
    BrokerMetricsModule.forRoot(),
    BrokerOtelModule.forRoot(),
    TerminusModule.forRoot({ logger: false }),
  ],
  controllers: [HealthController, ParcelsController],
  providers: [BrokerHealthIndicator],
})
export class AppModule {}
