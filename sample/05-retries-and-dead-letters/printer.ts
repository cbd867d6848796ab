import { Injectable } from '@nestjs/common';

/** A printer with the troubles of printers. */
@Injectable()
export class Printer {
  readonly printed: string[] = [];
  state: 'ready' | 'jammed' | 'cooling' = 'ready';

  print(label: string): void {
    if (this.state === 'jammed') throw new Error('the printer is jammed');
    this.printed.push(label);
  }
}
