import {
  Body,
  Controller,
  Get,
  NotFoundException,
  Param,
  Post,
  ServiceUnavailableException,
} from '@nestjs/common';
import { BrokerClient, BrokerError, InjectBroker } from 'nestjs-broker';
import type { Ticket } from './tickets.controller.js';

/** HTTP on one side, the broker on the other: the gateway does no work itself. */
@Controller('tickets')
export class GatewayController {
  private readonly tickets;

  constructor(@InjectBroker() broker: BrokerClient) {
    this.tickets = broker.group('tickets');
  }

  /** Accepted: some worker will do it, now or when one is there. */
  @Post()
  async buy(@Body() { id, seat }: Ticket): Promise<{ readonly accepted: boolean }> {
    const { duplicate } = await this.tickets.enqueue('print', { id, seat }, { dedupeId: id });
    return { accepted: !duplicate };
  }

  /** Asks the workers, and one of them answers. */
  @Get(':id')
  async find(@Param('id') id: string): Promise<Ticket> {
    try {
      const found = await this.tickets.request<Ticket | null>('find', { id }, { timeout: '2s' });
      if (found !== null) return found;
    } catch (cause) {
      if (!(cause instanceof BrokerError)) throw cause;
      // NO_HANDLER while no worker is there; TIMEOUT, OVERLOADED and so on
      throw new ServiceUnavailableException({ code: cause.code }, { cause });
    }
    throw new NotFoundException();
  }
}
