/** What was typed cannot be used; the message says what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for did not happen. */
export class FailedError extends Error {
  override readonly name = 'FailedError';
}
