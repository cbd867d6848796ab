import {
  BadRequestException,
  InternalServerErrorException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { BrokerError } from '../../errors/index.js';

const BAD: ReadonlySet<string> = new Set(['INVALID_OPTIONS', 'INVALID_NAME']);

/** What the work results in; errors of the broker as HTTP has them: whose fault it is, the code, and what it says. */
export async function answer<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof BrokerError)) throw cause;
    const { code, message, retryable } = cause;
    const body = { code, message };
    if (BAD.has(code)) throw new BadRequestException(body, { cause });
    if (retryable) throw new ServiceUnavailableException(body, { cause });
    throw new InternalServerErrorException(body, { cause });
  }
}
