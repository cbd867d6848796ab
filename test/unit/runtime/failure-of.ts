/** The error `call` throws. */
export function failureOf(call: () => unknown): Error & { readonly cause?: unknown } {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
