import { COMMON } from './parse.js';
import type { Verb, VerbOption } from './verb.js';

const EXITS =
  'Exit codes: 0 done; 1 it did not happen; 2 not understood, nothing was sent; 3 Redis cannot be reached.';

/** What there is. */
export const helpOfAll = (verbs: readonly Verb[]): readonly string[] => [
  'Usage: nestjs-broker <verb> [arguments] [options]',
  '',
  ...aligned(verbs.map(({ name, usage = '', summary }) => [`${name} ${usage}`, summary])),
  '',
  'Options of every verb; the environment is that of the app:',
  ...aligned(rows(COMMON)),
  '',
  'nestjs-broker help <verb> shows the options of one verb.',
  EXITS,
];

/** One verb. */
export const helpOf = ({ name, usage = '', summary, options = {} }: Verb): readonly string[] => [
  `Usage: nestjs-broker ${name} ${usage}`.trimEnd(),
  '',
  summary,
  ...(Object.keys(options).length === 0 ? [] : ['', ...aligned(rows(options))]),
  '',
  'Options of every verb:',
  ...aligned(rows(COMMON)),
];

const rows = (options: Readonly<Record<string, VerbOption>>): (readonly [string, string])[] =>
  Object.entries(options).map(([name, { value, help }]) => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    help,
  ]);

function aligned(lines: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...lines.map(([left]) => left.trimEnd().length));
  return lines.map(([left, right]) => `  ${left.trimEnd().padEnd(width)}  ${right}`);
}
