import type { Load } from './contender.js';

const BYTES = 100;
/** Every number has as many digits, so every load has as many bytes. */
export const FIRST = 10_000_000;

const text = 'x'.repeat(BYTES - JSON.stringify({ n: FIRST, text: '' }).length);

export const toLoad = (n: number): Load => ({ n, text });
