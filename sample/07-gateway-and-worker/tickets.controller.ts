import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { BrokerGroup, OnRequest, OnTask } from 'nestjs-broker';

export interface Ticket {
  readonly id: string;
  readonly seat: number;
  /** The process that printed it. */
  readonly by?: number;
}

@Controller()
@BrokerGroup('tickets')
export class TicketsController {
  private readonly printed = new Map<string, Ticket>();

  @OnTask('print')
  print(@Payload() ticket: Ticket): void {
    this.printed.set(ticket.id, { ...ticket, by: process.pid });
  }

  @OnRequest('find')
  find(@Payload('id') id: string): Ticket | null {
    return this.printed.get(id) ?? null;
  }
}
