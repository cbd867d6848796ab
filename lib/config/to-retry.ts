import type { BackoffPolicy } from '../message/index.js';
import type { RequestRetry } from '../runtime/index.js';
import { RETRY } from './defaults.js';

/** {@link RetryOptions} that were checked, durations in milliseconds. */
interface ParsedRetry {
  readonly attempts?: number | undefined;
  readonly backoff?:
    | { readonly [K in keyof BackoffPolicy]?: BackoffPolicy[K] | undefined }
    | undefined;
  readonly codes?: readonly string[] | undefined;
}

/** What is left open is filled in. */
export function toRetry(retry: number | ParsedRetry): RequestRetry {
  const { attempts, backoff = {}, codes } = typeof retry === 'number' ? { attempts: retry } : retry;
  const { type, delay, max, jitter } = { ...RETRY.backoff, ...definedOf(backoff) };
  return {
    attempts: attempts ?? RETRY.attempts,
    backoff: { type, delay, max, jitter },
    codes: codes ?? RETRY.codes,
  };
}

const definedOf = (backoff: NonNullable<ParsedRetry['backoff']>): Partial<BackoffPolicy> =>
  Object.fromEntries(Object.entries(backoff).filter(([, value]) => value !== undefined));
