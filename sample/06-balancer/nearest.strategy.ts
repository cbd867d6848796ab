import { Injectable } from '@nestjs/common';
import type { BalanceStrategy, RouteMessage, RouteView } from 'nestjs-broker';
import { Regions } from './regions.js';

/** A strategy of our own: work stays in the region it comes from, with whoever has the least to do there. */
@Injectable()
export class NearestStrategy implements BalanceStrategy {
  constructor(private readonly regions: Regions) {}

  route({ headers }: RouteMessage, { consumers }: RouteView): string | undefined {
    const near = consumers.filter(
      ({ instanceName }) => this.regions.of(instanceName) === headers['region'],
    );
    const [best] = near.toSorted((a, b) => a.load / a.weight - b.load / b.weight);
    return best?.id; // nobody there: whoever is free takes it
  }
}
