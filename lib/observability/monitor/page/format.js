const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** @param {number} value */
export const count = (value) => (value < 100_000 ? whole.format(value) : short.format(value));

/** A rate per second. @param {number} value */
export const rate = (value) =>
  value >= 100 ? count(Math.round(value)) : whole.format(Math.round(value * 10) / 10);

/** @param {number} ms */
export function duration(ms) {
  if (ms < 1) return '0 ms';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** @param {number} bytes */
export const size = (bytes) =>
  bytes < 1_024 ? `${bytes} bytes` : `${whole.format(Math.round(bytes / 102.4) / 10)} KiB`;

/** @param {number} ms */
export const time = (ms) => clock.format(ms);

/** @param {number} n @param {string} one @param {string} [many] */
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
