import { Controller, Logger } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { BrokerGroup, OnTask } from 'nestjs-broker';

@Controller()
@BrokerGroup('reports')
export class ReportsController {
  readonly written: string[] = [];
  private readonly logger = new Logger(ReportsController.name);

  @OnTask('write')
  write(@Payload('month') month: string): void {
    this.written.push(month);
    this.logger.log(`the report of ${month} is written`);
  }
}
