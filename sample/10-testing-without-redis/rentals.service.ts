import { Injectable } from '@nestjs/common';
import { BrokerClient, InjectBroker } from 'nestjs-broker';

export interface Rental {
  readonly bike: string;
  readonly customer: string;
  readonly hours: number;
}

@Injectable()
export class RentalsService {
  constructor(@InjectBroker() private readonly broker: BrokerClient) {}

  /** A bike that is not back in time is reminded of. */
  async rent(rental: Rental): Promise<void> {
    const key = rental.customer;
    await this.broker.enqueue('rentals.charge', rental, { key, dedupeId: rental.bike });
    await this.broker.enqueue('rentals.remind', rental, { key, delay: `${rental.hours}h` });
  }
}
