/** Every code a {@link BrokerError} can carry. Codes are stable: programs may switch on them. @publicApi */
export const ERROR_CODES = [
  'TIMEOUT',
  'NO_HANDLER',
  'SERVER_LOST',
  'OVERLOADED',
  'CLOSED',
  'BACKEND_UNAVAILABLE',
  'BACKEND_REFUSED',
  'NOT_REPLICATED',
  'INVALID_CONFIG',
  'INVALID_NAME',
  'INVALID_OPTIONS',
  'INVALID_BATCH',
  'PAYLOAD_TOO_LARGE',
  'CODEC',
  'DUPLICATE_HANDLER',
  'CANCELLED',
  'REMOTE',
  'REPLY_LOST',
  'UNRECOVERABLE',
  'RETRY_LATER',
] as const;

/** One of {@link ERROR_CODES}. @publicApi */
export type ErrorCode = (typeof ERROR_CODES)[number];
