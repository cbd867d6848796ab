const ALPHABET = ['a', 'b', 'a*b', '[a]', ''];

const below = (end: number): number => Math.floor(Math.random() * end);

/** Few different ones, so that many patterns stand for many names. */
export const randomTokens = (from = ALPHABET): string[] =>
  Array.from({ length: 1 + below(4) }, () => from[below(from.length)] ?? '');

/** A pattern, or a name without wildcards. */
export function randomPattern(): string {
  const tokens = randomTokens([...ALPHABET, '*', '*']);
  return (below(3) === 0 ? [...tokens.slice(1), '>'] : tokens).join('.');
}
