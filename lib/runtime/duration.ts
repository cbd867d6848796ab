import ms, { type StringValue } from 'ms';

/** Milliseconds of a number or of text such as `30s`; `undefined` when it is no duration of 0 or more. */
export function parseDelay(value: unknown): number | undefined {
  const parsed = typeof value === 'string' && value !== '' ? ms(value as StringValue) : value;
  return typeof parsed === 'number' && Number.isFinite(parsed) && parsed >= 0
    ? Math.ceil(parsed)
    : undefined;
}
