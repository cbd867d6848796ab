import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './cli-errors.js';
import type { Typed, Verb, VerbOption } from './verb.js';

/** What every verb takes; the rest comes from the environment. */
export const COMMON: Readonly<Record<string, VerbOption>> = {
  redis: {
    value: '<url>',
    help: 'Redis of the queue; mode redis. Default: REDIS_URL or REDIS_ADDR',
  },
  app: { value: '<name>', help: 'the app. Default: APP_NAME, or app' },
  service: { value: '<name>', help: 'the service. Default: SERVICE_NAME, or the app' },
  prefix: { value: '<text>', help: 'first part of every key. Default: QUEUE_PREFIX, or broker' },
  stream: { value: '<key>', help: 'the stream shared with Go-Broker services, with --group' },
  group: { value: '<name>', help: 'its consumer group' },
  sharded: { help: 'events go by sharded Pub/Sub, as events.sharded says' },
  json: { help: 'one JSON document instead of text for people' },
  help: { help: 'what a verb does, and its options' },
  version: { help: 'the version of this package' },
};

export interface Parsed extends Typed {
  /** `undefined`: none was named. */
  readonly verb: Verb | undefined;
}

/** @throws UsageError for what no verb takes */
export function parse(args: readonly string[], verbs: readonly Verb[]): Parsed {
  const { values, positionals } = tokens(args, verbs);
  const given = Object.keys(values);
  const typed = (words: readonly string[]): Typed => ({
    words,
    text: (option) => values[option] as string | undefined,
    texts: (option) => (values[option] ?? []) as string[],
    has: (option) => values[option] === true,
  });
  const asksForHelp = positionals[0] === 'help' || values['help'] === true;
  const names = positionals[0] === 'help' ? positionals.slice(1) : positionals;
  if (asksForHelp) values['help'] = true;
  if (names.length === 0) return { verb: undefined, ...typed([]) };
  const verb = find(names, verbs);
  const words = names.slice(verb.name.split(' ').length);
  if (!asksForHelp) check(verb, words, given);
  return { verb, ...typed(words) };
}

type Values = Record<string, string | boolean | (string | boolean)[] | undefined>;

function tokens(
  args: readonly string[],
  verbs: readonly Verb[],
): { readonly values: Values; readonly positionals: readonly string[] } {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const table of [COMMON, ...verbs.map((verb) => verb.options ?? {})]) {
    for (const [name, { value, multiple = false }] of Object.entries(table)) {
      options[name] = { type: value === undefined ? 'boolean' : 'string', multiple };
    }
  }
  options['help'] = { type: 'boolean', short: 'h' };
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { values: parsed.values, positionals: parsed.positionals };
  } catch (cause) {
    const [message] = (cause as Error).message.split('. ');
    throw new UsageError(`${message}: nestjs-broker help <verb> tells what is allowed`, { cause });
  }
}

function find(names: readonly string[], verbs: readonly Verb[]): Verb {
  const [first = '', second = ''] = names;
  const verb = verbs.find(({ name }) => name === first || name === `${first} ${second}`);
  if (verb !== undefined) return verb;
  const related = verbs.filter(({ name }) => name.startsWith(`${first} `));
  if (related.length > 0) {
    const allowed = related.map(({ name }) => name).join(', ');
    throw new UsageError(`"${first}" needs one more word, allowed: ${allowed}`);
  }
  const allowed = verbs.map(({ name }) => name).join(', ');
  throw new UsageError(`there is no verb "${first}", allowed: ${allowed}, help`);
}

function check(verb: Verb, words: readonly string[], given: readonly string[]): void {
  const own = Object.keys(verb.options ?? {});
  const strange = given.find((option) => !Object.hasOwn(COMMON, option) && !own.includes(option));
  if (strange !== undefined) {
    const allowed = [...own, ...Object.keys(COMMON)].map((option) => `--${option}`).join(', ');
    throw new UsageError(`"${verb.name}" has no option --${strange}, allowed: ${allowed}`);
  }
  const [least, most] = verb.words;
  if (words.length >= least && words.length <= most) return;
  const usage = `nestjs-broker ${verb.name} ${verb.usage ?? ''}`.trimEnd();
  throw new UsageError(
    `"${verb.name}" was given ${words.length === 0 ? 'no argument' : words.join(' ')}, allowed: ${usage}`,
  );
}
