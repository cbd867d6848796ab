import { Controller } from '@nestjs/common';
import { Payload, RpcException } from '@nestjs/microservices';
import { BrokerGroup, OnRequest } from 'nestjs-broker';
import { from, type Observable } from 'rxjs';

const RATES: Readonly<Record<string, readonly number[]>> = {
  CZK: [24.31, 24.36, 24.28],
  JPY: [171.2, 170.9, 172.4],
};

export interface Conversion {
  readonly currency: string;
  readonly euros: number;
}

@Controller()
@BrokerGroup('rates')
export class RatesController {
  /** One value. */
  @OnRequest('convert')
  convert(@Payload() { currency, euros }: Conversion): number {
    return Math.round(euros * (this.days(currency).at(-1) ?? 0));
  }

  /** Many values, at the pace of who reads them; it ends with its reader. May be handled again when its instance is lost. */
  @OnRequest('ticks', { idempotent: true })
  async *ticks(@Payload('currency') currency: string): AsyncGenerator<number> {
    const days = this.days(currency);
    for (let day = 0; ; day += 1) yield days[day % days.length] ?? 0;
  }

  /** Several values, one after the other. */
  @OnRequest('history')
  history(@Payload('currency') currency: string): Observable<number> {
    return from(this.days(currency));
  }

  /** An error reaches the caller with its message, its code and its data. */
  private days(currency: string): readonly number[] {
    const days = RATES[currency];
    if (days !== undefined) return days;
    const message = `there is no rate for ${currency}`;
    throw new RpcException({
      code: 'UNKNOWN_CURRENCY',
      message,
      data: { known: Object.keys(RATES) },
    });
  }
}
