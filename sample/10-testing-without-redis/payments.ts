import { Injectable } from '@nestjs/common';

/** What a test replaces, as it would without a broker. */
@Injectable()
export class Payments {
  async charge(_customer: string, _cents: number): Promise<void> {
    throw new Error('no test may charge anybody');
  }
}
