import { setTimeout as pause } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { BrokerGroup, OnRequest, OnTask } from 'nestjs-broker';

/** The work: what `worker.ts` and `app.ts` do. */
@Controller()
@BrokerGroup('parcels')
export class ParcelsController {
  private sorted = 0;

  @OnTask('sort', { attempts: 3 })
  async sort(@Payload('weight') weight: number): Promise<void> {
    await pause(weight);
    this.sorted += 1;
  }

  @OnRequest('sorted')
  count(): number {
    return this.sorted;
  }
}
