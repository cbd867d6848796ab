/** `count` numbers from `start` on. */
export const range = (count: number, start = 0): number[] =>
  Array.from({ length: count }, (_, i) => start + i);
