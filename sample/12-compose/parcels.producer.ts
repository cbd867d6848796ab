import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { BrokerClient, InjectBroker } from 'nestjs-broker';

const INTERVAL = 50;

/** What there is to do: 20 parcels a second, until it is stopped. */
@Injectable()
export class ParcelsProducer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ParcelsProducer.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(@InjectBroker() private readonly broker: BrokerClient) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.send(), INTERVAL);
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private async send(): Promise<void> {
    try {
      await this.broker.enqueue('parcels.sort', { weight: Math.ceil(Math.random() * 20) });
    } catch (error) {
      this.logger.error(error);
    }
  }
}
