import { isObservable, type Observable, type Subscription } from 'rxjs';

/** The part of a handling that ends a stream early. Read only where there is a stream: making a signal costs. */
interface Abortable {
  readonly signal: AbortSignal;
}

type Next = (value: unknown) => void;

/**
 * What came of a handler, as a task or an event needs it: a promise or a value as it is, a stream when it ends.
 * The end of the handling's signal unsubscribes from a stream.
 */
export function settled(result: unknown, handling: Abortable): unknown {
  if (result instanceof Promise) {
    return result.then((value: unknown) =>
      isObservable(value) ? drained(value, handling.signal, ignore) : undefined,
    );
  }
  return isObservable(result) ? drained(result, handling.signal, ignore) : result;
}

/** The same for a request: each value goes to `next`; a promise or a plain value is one. */
export async function replied(result: unknown, handling: Abortable, next: Next): Promise<void> {
  const value = await result;
  if (isObservable(value)) await drained(value, handling.signal, next);
  else next(value);
}

const ignore = (): void => undefined;

function drained(stream: Observable<unknown>, signal: AbortSignal, next: Next): Promise<void> {
  return new Promise((resolve, reject: (reason: Error) => void) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    let subscription: Subscription | undefined;
    let ended = false;
    const end = (error: unknown): void => {
      ended = true;
      subscription?.unsubscribe();
      reject(error as Error);
    };
    const stop = (): void => end(signal.reason);
    // what `next` throws would leave rxjs as an uncaught exception
    const take = (value: unknown): void => {
      try {
        if (!ended) next(value);
      } catch (error) {
        end(error);
      }
    };
    signal.addEventListener('abort', stop, { once: true });
    subscription = stream.subscribe({ next: take, error: reject, complete: resolve });
    subscription.add(() => signal.removeEventListener('abort', stop));
    // it may have ended while it subscribed
    if (ended) subscription.unsubscribe();
  });
}
