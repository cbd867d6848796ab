import { AsyncLocalStorage } from 'node:async_hooks';

/** Made when somebody needs it: on Node 20 it costs every promise of the process a hook, and most handlers ask nobody. */
let deadlines: AsyncLocalStorage<number> | undefined;
/** Of the handler that is being called, as long as there are none. */
let called: number | undefined;

/** From now on deadlines are known after a handler's first `await`, too. By itself that begins with the first request. */
export function followDeadlines(): void {
  deadlines ??= new AsyncLocalStorage();
}

/** Runs a handler; what it asks others for, by whatever client, is bound by its deadline. */
export function withDeadline<T>(deadline: number | undefined, run: () => T): T {
  if (deadline === undefined) return run();
  if (deadlines !== undefined) return deadlines.run(deadline, run);
  const before = called;
  called = deadline;
  try {
    return run();
  } finally {
    called = before;
  }
}

/** When nobody waits any more for the handler this is called from: ms since the epoch. */
export function currentDeadline(): number | undefined {
  followDeadlines();
  return deadlines?.getStore() ?? called;
}
