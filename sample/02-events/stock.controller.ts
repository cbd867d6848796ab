import { Controller, Logger } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { BrokerGroup, OnEvent } from 'nestjs-broker';

export interface StockChange {
  readonly sku: string;
  readonly left: number;
}

/** What was ordered, by whatever instance. */
export const ordered: string[] = [];

/** Every instance keeps its own picture of the stock; events keep all of them up to date. */
@Controller()
@BrokerGroup('stock')
export class StockController {
  readonly left = new Map<string, number>();
  private readonly logger = new Logger(StockController.name);

  @OnEvent('changed')
  remember(@Payload() { sku, left }: StockChange): void {
    this.left.set(sku, left);
  }

  /** A second handler of the same event: both run, and one that fails does not stop the other. */
  @OnEvent('changed')
  warn(@Payload() { sku, left }: StockChange): void {
    if (left < 5) this.logger.warn(`only ${left} of ${sku} left`);
  }

  /** Once per service, kept while it is away: what must happen for each change, and not in each instance. */
  @OnEvent('changed', { durable: true })
  reorder(@Payload() { sku, left }: StockChange): void {
    if (left < 5) ordered.push(sku);
  }
}
