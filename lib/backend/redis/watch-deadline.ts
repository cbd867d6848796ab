/**
 * Waits for `run`, and calls `onDeadline` whenever the next deadline passes meanwhile.
 * @param next the next deadline on `performance.now()`, `undefined` when there is none
 */
export async function watchDeadline<T>(
  run: Promise<T>,
  next: () => number | undefined,
  onDeadline: () => void,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const at = next();
    if (at === undefined) return;
    timer = setTimeout(
      () => {
        onDeadline();
        arm();
      },
      Math.max(1, at - performance.now()),
    );
  };
  arm();
  try {
    return await run;
  } finally {
    clearTimeout(timer);
  }
}
