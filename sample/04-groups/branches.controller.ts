import { Controller } from '@nestjs/common';
import { BrokerGroup, OnRequest } from 'nestjs-broker';

/** What every branch answers; its group stands before the groups of those that extend it. */
@BrokerGroup('branches')
abstract class BranchController {
  protected abstract readonly opens: number;

  @OnRequest('hours')
  hours(): string {
    return `${this.opens} to 18`;
  }
}

@Controller()
@BrokerGroup('prague') // branches.prague.hours
export class PragueController extends BranchController {
  protected readonly opens = 8;
}

@Controller()
@BrokerGroup('brno') // branches.brno.hours
export class BrnoController extends BranchController {
  protected readonly opens = 10;
}
