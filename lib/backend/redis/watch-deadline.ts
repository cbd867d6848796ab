import { type Timer, systemClock } from '../index.js';

/**
 * Waits for `run`, and calls `onDeadline` whenever the next deadline passes meanwhile.
 * @param next the next deadline on `performance.now()`, `undefined` when there is none
 */
export async function watchDeadline<T>(
  run: Promise<T>,
  next: () => number | undefined,
  onDeadline: () => void,
): Promise<T> {
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
  try {
    return await run;
  } finally {
    timer?.cancel();
  }
}
