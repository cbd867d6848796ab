import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { BrokerClient, InjectBroker, type Health } from 'nestjs-broker';

/** What the health checks of docker-compose.yml ask. */
@Controller('health')
export class HealthController {
  constructor(@InjectBroker() private readonly broker: BrokerClient) {}

  @Get()
  async ready(): Promise<Health> {
    const health = await this.broker.health();
    if (!health.ready) throw new ServiceUnavailableException(health);
    return health;
  }
}
