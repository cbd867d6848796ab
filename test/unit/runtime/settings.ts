import { PayloadEncoder } from '../../../lib/runtime/payload-encoder.js';
import { jsonCodec } from '../../../lib/codec/index.js';
import type { TaskPolicy } from '../../../lib/message/index.js';

/** What handlers and messages leave open in these tests. */
export const POLICY: TaskPolicy = {
  attempts: 3,
  backoff: { type: 'fixed', delay: 1_000, max: 60_000, jitter: 0 },
  timeout: 0,
};

export const payloads = new PayloadEncoder(jsonCodec, 1_000);
