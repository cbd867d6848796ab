import { parseArgs } from 'node:util';
import type { BenchCase } from './bench-case.js';
import { CASES } from './cases/index.js';
import { STUDIES } from './studies/index.js';
import type { Study } from './studies/study.js';

const USAGE = `npm run bench [-- [CASE …] [options]]

Cases: ${[...CASES, ...STUDIES].map(({ name }) => name).join(', ')}; the beginning of a name is enough. Default: all.
  --runs N        runs of each contender in each case (default 7)
  --seconds N     no further runs after this long, once each has 3 (default 200)
  --scale X       messages of a run, times X (default 1)
  --only TEXT     contenders whose label contains the text
  --verbose       where the processor time of each run went
  --profile DIR   leave a .cpuprofile of every process
  --lib           measure the sources in lib/ instead of the built package`;

export interface Arguments {
  readonly cases: readonly BenchCase[];
  readonly studies: readonly Study[];
  readonly runs: number;
  readonly seconds: number;
  readonly scale: number;
  readonly verbose: boolean;
  readonly from: 'lib' | 'dist';
  readonly profile: string | undefined;
}

/** Ends the process with the usage when something is wrong. */
export function readArguments(): Arguments {
  try {
    return parse();
  } catch (error) {
    console.error(`${String(error)}\n\n${USAGE}`);
    return process.exit(2);
  }
}

function parse(): Arguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '200' },
      scale: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
      verbose: { type: 'boolean', default: false },
      profile: { type: 'string' },
      lib: { type: 'boolean', default: false },
    },
  });
  return {
    cases: choose(positionals, values.only),
    studies: STUDIES.filter((study) => isChosen(study, positionals)),
    runs: positive('runs', values.runs),
    seconds: positive('seconds', values.seconds),
    scale: positive('scale', values.scale),
    verbose: values.verbose,
    from: values.lib ? 'lib' : 'dist',
    profile: values.profile,
  };
}

function choose(names: readonly string[], only: string): BenchCase[] {
  const all = [...CASES, ...STUDIES];
  const unknown = names.find((name) => !all.some((known) => known.name.startsWith(name)));
  if (unknown !== undefined) throw new Error(`no case begins with "${unknown}"`);
  const chosen = CASES.filter((known) => isChosen(known, names));
  return chosen
    .map((known) => ({
      ...known,
      entries: known.entries.filter(({ label }) => label.includes(only)),
    }))
    .filter(({ entries }) => entries.length > 0);
}

const isChosen = ({ name }: { readonly name: string }, wanted: readonly string[]): boolean =>
  wanted.length === 0 || wanted.some((beginning) => name.startsWith(beginning));

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new Error(`--${name} must be a number above 0, got "${text}"`);
}
