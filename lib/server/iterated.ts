import type { TakeValue } from '../runtime/index.js';

export const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/**
 * Hands every value to `next`, and asks for another one when that wants more. When the signal aborts it rejects at
 * once; the iterator is told, and runs no further than to its next value.
 */
export function iterated(
  stream: AsyncIterable<unknown>,
  signal: AbortSignal,
  next: TakeValue,
): Promise<void> {
  return new Promise((resolve, reject: (reason: Error) => void) => {
    const iterator = stream[Symbol.asyncIterator]();
    const stop = (): void => {
      reject(signal.reason as Error);
      // it was told to end: what it says now is an answer to that
      Promise.resolve(iterator.return?.()).catch(() => undefined);
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    const values = { [Symbol.asyncIterator]: () => iterator };
    const run = async (): Promise<void> => {
      for await (const value of values) {
        if (signal.aborted) return;
        await next(value);
      }
    };
    run()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}
