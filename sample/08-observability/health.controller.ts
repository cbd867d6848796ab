import { Controller, Get, Header } from '@nestjs/common';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import { BrokerHealthIndicator } from 'nestjs-broker/terminus';
import { register } from 'prom-client';

@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly broker: BrokerHealthIndicator,
  ) {}

  /** The platform restarts the process when this fails. */
  @Get('health/live')
  @HealthCheck()
  live() {
    return this.health.check([() => this.broker.live('broker')]);
  }

  /** The platform sends no traffic while this fails. */
  @Get('health/ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.broker.ready('broker')]);
  }

  /** Prometheus reads this. */
  @Get('metrics')
  @Header('content-type', register.contentType)
  async metrics(): Promise<string> {
    return await register.metrics();
  }
}
