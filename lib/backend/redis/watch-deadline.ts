import { type Timer, systemClock } from '../index.js';

/**
 * Calls `onDeadline` whenever the next deadline passes, until it is cancelled.
 * @param next the next deadline on `performance.now()`, `undefined` when there is none
 */
export function watchDeadline(next: () => number | undefined, onDeadline: () => void): Timer {
  let timer: Timer | undefined;
  const arm = (): void => {
    const at = next();
    if (at === undefined) return;
    timer = systemClock.after(Math.max(1, at - performance.now()), () => {
      onDeadline();
      arm();
    });
  };
  arm();
  return { cancel: () => timer?.cancel() };
}
