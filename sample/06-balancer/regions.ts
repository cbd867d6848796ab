import { Injectable } from '@nestjs/common';

/** Knows where an instance stands. A real one would ask your platform. */
@Injectable()
export class Regions {
  of(instanceName: string): string {
    return instanceName.replace(/-\d+$/, '');
  }
}
