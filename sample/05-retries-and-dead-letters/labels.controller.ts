import { Controller, Logger } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  BrokerContext,
  BrokerGroup,
  OnTask,
  RetryLaterError,
  UnrecoverableError,
} from 'nestjs-broker';
import { Printer } from './printer.js';

export interface Parcel {
  readonly to: string;
  readonly country: string;
}

const COUNTRIES = ['CZ', 'JP', 'PT'];

@Controller()
@BrokerGroup('labels')
export class LabelsController {
  /** Which attempts there were, by whom the parcel is for. */
  readonly attempts = new Map<string, number[]>();
  private readonly logger = new Logger(LabelsController.name);

  constructor(private readonly printer: Printer) {}

  @OnTask('print')
  print(@Payload() { to, country }: Parcel, @Ctx() ctx: BrokerContext): void {
    this.attempts.set(to, [...(this.attempts.get(to) ?? []), ctx.attempt]);
    this.logger.log(`${to}: attempt ${ctx.attempt}`);

    // no attempt will ever succeed: a dead letter at once
    if (!COUNTRIES.includes(country)) throw new UnrecoverableError(`we do not ship to ${country}`);
    // nobody's fault: later, and the attempt does not count
    if (this.printer.state === 'cooling') throw new RetryLaterError('100ms', 'it is too warm');
    // any other error: again after a pause, three times in all, then a dead letter
    this.printer.print(`${to}, ${country}`);
  }
}
