import { Controller } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { BrokerGroup, OnEvent, type BrokerContext } from 'nestjs-broker';

/** Wildcards: `*` stands for one token of a name, `>` for all that are left. */
@Controller()
@BrokerGroup('stock')
export class HistoryController {
  readonly direct: string[] = [];
  readonly all: string[] = [];

  @OnEvent('*')
  one(@Ctx() context: BrokerContext): void {
    this.direct.push(context.name);
  }

  @OnEvent('>')
  rest(@Ctx() context: BrokerContext): void {
    this.all.push(context.name);
  }
}
