import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  BrokerClient,
  BrokerContext,
  BrokerGroup,
  InjectBroker,
  OnRequest,
  OnTask,
} from 'nestjs-broker';

export interface Parcel {
  readonly id: number;
  readonly grams: number;
}

@Controller()
@BrokerGroup('parcels')
export class ParcelsController {
  constructor(@InjectBroker() private readonly broker: BrokerClient) {}

  /** Fails once, then asks for the postage: all of it is one trace. */
  @OnTask('send')
  async send(@Payload() parcel: Parcel, @Ctx() { attempt }: BrokerContext): Promise<void> {
    if (attempt === 1) throw new Error('the printer is out of paper');
    await this.broker.request<number>('parcels.postage', parcel);
  }

  @OnRequest('postage')
  postage(@Payload('grams') grams: number): number {
    return grams > 500 ? 7 : 5;
  }
}
