/** Characters that a terminal obeys, or that change how others are read. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** As JSON writes it, which is also what people know. */
const written = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');

/** Text that may come from anywhere, so that it cannot drive the terminal it is shown on. */
export const escapeText = (text: string): string =>
  text.replace(UNSEEN, (character) => SHORT[character] ?? written(character));

/** One JSON document, safe to be shown; what has no JSON is null. */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value, undefined, 2) ?? 'null';
  return json.replace(UNSEEN, (character) => (character === '\n' ? character : written(character)));
}
