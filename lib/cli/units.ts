const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** Milliseconds for people. */
export function age(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined;
  const [unit, length] = UNITS.find(([, least]) => ms >= least) ?? ['ms', 1];
  const count = ms / length;
  return `${unit !== 'ms' && count < 10 ? count.toFixed(1) : Math.floor(count)}${unit}`;
}

/** How often a second, from two counts. */
export function rate(count: number, before: number | undefined, ms: number): string | undefined {
  if (before === undefined || ms <= 0) return undefined;
  const perSecond = (Math.max(0, count - before) * 1_000) / ms;
  return perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}
