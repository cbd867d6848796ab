import type { Envelope } from '../../message/index.js';

/** A copy that shares nothing changeable with the original, as if it had crossed a wire. */
export function copyEnvelope(envelope: Envelope): Envelope {
  const { headers, policy } = envelope;
  if (headers === undefined && policy === undefined) return { ...envelope };
  return {
    ...envelope,
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(policy === undefined ? {} : { policy: copyPolicy(policy) }),
  };
}

const copyPolicy = (policy: NonNullable<Envelope['policy']>): NonNullable<Envelope['policy']> =>
  policy.backoff === undefined ? { ...policy } : { ...policy, backoff: { ...policy.backoff } };
