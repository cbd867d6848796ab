import { isObservable, type Observable, type Subscription } from 'rxjs';
import { type TakeValue, isThenable } from '../runtime/index.js';
import { iterated, isAsyncIterable } from './iterated.js';

/** The part of a handling that ends a stream early. Read only where there is a stream: making a signal costs. */
interface Abortable {
  readonly signal: AbortSignal;
}

/**
 * What came of a handler, as a task or an event needs it: a promise or a value as it is, a stream when it ends.
 * The end of the handling's signal ends a stream.
 */
export function settled(result: unknown, handling: Abortable): unknown {
  if (result instanceof Promise) {
    return result.then((value: unknown) => streamed(value, handling, ignore));
  }
  return streamed(result, handling, ignore) ?? result;
}

/**
 * The same for a request: each value goes to `next`; a promise or a plain value is one. When that is done; `undefined`:
 * at once, as most handlers that await nothing should cost no promise.
 */
export function replied(
  result: unknown,
  handling: Abortable,
  next: TakeValue,
): PromiseLike<void> | undefined {
  if (isThenable(result)) return result.then((value) => given(value, handling, next));
  return given(result, handling, next);
}

function given(value: unknown, handling: Abortable, next: TakeValue): Promise<void> | undefined {
  const streaming = streamed(value, handling, next);
  if (streaming === undefined) void next(value);
  return streaming;
}

const ignore = (): undefined => undefined;

/** When a stream has ended; `undefined`: it is none. */
function streamed(value: unknown, handling: Abortable, next: TakeValue): Promise<void> | undefined {
  if (isObservable(value)) return drained(value, handling.signal, next);
  return isAsyncIterable(value) ? iterated(value, handling.signal, next) : undefined;
}

/** What comes of an Observable cannot be slowed down: `next` puts it aside, or throws. */
function drained(stream: Observable<unknown>, signal: AbortSignal, next: TakeValue): Promise<void> {
  return new Promise((resolve, reject: (reason: Error) => void) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    let subscription: Subscription | undefined;
    let ended = false;
    /** An interceptor makes an Observable of whatever the handler returned. */
    let inner: Promise<void> | undefined;
    const end = (error: unknown): void => {
      ended = true;
      subscription?.unsubscribe();
      reject(error as Error);
    };
    const stop = (): void => end(signal.reason);
    // what `next` throws would leave rxjs as an uncaught exception
    const take = (value: unknown): void => {
      try {
        if (ended) return;
        if (isAsyncIterable(value)) {
          inner = (inner ?? Promise.resolve()).then(() => iterated(value, signal, next));
          inner.catch(end);
        } else {
          void next(value);
        }
      } catch (error) {
        end(error);
      }
    };
    const complete = (): void => {
      if (inner === undefined) resolve();
      else void inner.then(resolve, end);
    };
    signal.addEventListener('abort', stop, { once: true });
    subscription = stream.subscribe({ next: take, error: reject, complete });
    subscription.add(() => signal.removeEventListener('abort', stop));
    // it may have ended while it subscribed
    if (ended) subscription.unsubscribe();
  });
}
