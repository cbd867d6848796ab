import type { ReplyObserver } from '../runtime/index.js';

interface Arrived {
  readonly value: unknown;
  /** The next one may come. */
  readonly take: () => void;
}

export type Replies<T> = AsyncGenerator<T, void, undefined>;

/**
 * The values of a reply as they are asked for. The server runs no further ahead than its window.
 * @param start sends the request; what it returns gives it up
 */
export async function* readReply(
  start: (observer: ReplyObserver) => Promise<() => void>,
): Replies<unknown> {
  const arrived: Arrived[] = [];
  let end: { readonly error?: Error } | undefined;
  let wake: (() => void) | undefined;
  const stop = await start({
    next: (value) =>
      new Promise((take) => {
        arrived.push({ value, take });
        wake?.();
      }),
    error: (error) => {
      end = { error };
      wake?.();
    },
    complete: () => {
      end = {};
      wake?.();
    },
  });
  try {
    for (;;) {
      const first = arrived.shift();
      if (first !== undefined) {
        first.take();
        yield first.value;
      } else if (end === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
      } else if (end.error === undefined) {
        return;
      } else {
        throw end.error;
      }
    }
  } finally {
    stop();
  }
}
