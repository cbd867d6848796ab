export interface Patience {
  /** Milliseconds. */
  readonly within?: number;
  readonly every?: number;
}

/**
 * Calls `probe` until it neither throws nor returns `false`, and resolves with what it returned; rejects with its
 * last error when the time is over. The only wait that tests are allowed.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { within = 5_000, every = 10 }: Patience = {},
): Promise<T> {
  const deadline = performance.now() + within;
  for (;;) {
    const last = await attempt(probe);
    if (last.done) return last.value;
    if (performance.now() > deadline) {
      throw new Error(`it did not happen within ${within} ms`, { cause: last.error });
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

type Attempt<T> =
  | { readonly done: true; readonly value: T }
  | { readonly done: false; readonly error: unknown };

async function attempt<T>(probe: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    const value = await probe();
    if (value !== false) return { done: true, value };
    return { done: false, error: new Error('the probe returned false') };
  } catch (error) {
    return { done: false, error };
  }
}
