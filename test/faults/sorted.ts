/** Numbers by size; what is missing comes last. */
export const sorted = (numbers: readonly (number | undefined)[]): (number | undefined)[] =>
  numbers.toSorted((a, b) => (a ?? Infinity) - (b ?? Infinity));
