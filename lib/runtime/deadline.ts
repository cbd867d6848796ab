import { AsyncLocalStorage } from 'node:async_hooks';

const deadlines = new AsyncLocalStorage<number>();

/** Runs a handler; what it asks others for, by whatever client, is bound by its deadline. */
export const withDeadline = <T>(deadline: number | undefined, run: () => T): T =>
  deadline === undefined ? run() : deadlines.run(deadline, run);

/** When nobody waits any more for the handler this is called from: ms since the epoch. */
export const currentDeadline = (): number | undefined => deadlines.getStore();
