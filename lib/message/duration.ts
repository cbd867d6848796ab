import ms, { type StringValue } from 'ms';

/** Milliseconds, or text such as `250ms`, `30s`, `5m`, `1m30s`. @publicApi */
export type Duration = number | string;

const WHOLE = /^(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+$|^\d+(?:\.\d+)?$/i;
const PART = /\d+(?:\.\d+)?\s*[a-z]*/gi;

/** In milliseconds; `undefined` when `value` is no duration. Negative ones are none. */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (!WHOLE.test(text)) return undefined;
  let total = 0;
  for (const part of text.match(PART) ?? []) {
    const milliseconds: number | undefined = ms(part as StringValue);
    if (milliseconds === undefined) return undefined;
    total += milliseconds;
  }
  return Number.isFinite(total) ? Math.round(total) : undefined;
}

/** What people are told who wrote something else. */
export const DURATION_FORM = "milliseconds or a duration such as '250ms', '30s', '5m'";
