import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { BrokerClient, BrokerGroup, InjectBroker, OnTask } from 'nestjs-broker';
import { Payments } from './payments.js';
import type { Rental } from './rentals.service.js';

const CENTS = 450;

@Controller()
@BrokerGroup('rentals')
export class RentalsController {
  constructor(
    private readonly payments: Payments,
    @InjectBroker() private readonly broker: BrokerClient,
  ) {}

  @OnTask('charge', { attempts: 3, backoff: { type: 'fixed', delay: '10m', jitter: 0 } })
  async charge(@Payload() { bike, customer, hours }: Rental): Promise<void> {
    await this.payments.charge(customer, hours * CENTS);
    await this.broker.publish('rentals.paid', { bike });
  }

  @OnTask('remind')
  async remind(@Payload() { bike, customer }: Rental): Promise<void> {
    await this.broker.publish('rentals.due', { bike, customer });
  }
}
