import type { BenchCase } from './bench-case.js';
import { Pair, type PairOptions, type Run } from './pair.js';

const MIN_ROUNDS = 3;
/** Runs that do not count. A service runs for days: what is measured is code that V8 has compiled, not its compiling. */
const WARM_UP_ROUNDS = 3;

export interface RunCaseOptions extends PairOptions {
  readonly runs: number;
  readonly scale: number;
  /** On `performance.now()`: when no further round begins. */
  readonly deadline: number;
  readonly onRun: (label: string, run: Run) => void;
}

/** The runs of each entry, in the order of the rounds, by label. */
export type Results = ReadonlyMap<string, readonly Run[]>;

/** Every round runs every entry once, each time another one first, so that a slow moment hits all alike. */
export async function runCase(benchCase: BenchCase, options: RunCaseOptions): Promise<Results> {
  const pairs = benchCase.entries.map((entry) => new Pair(benchCase, entry, options));
  const results = new Map<string, Run[]>(pairs.map(({ entry }) => [entry.label, []]));
  const countOf = ({ entry }: Pair): number => Math.ceil(entry.count * options.scale);
  try {
    await Promise.all(pairs.map((pair) => pair.open()));
    for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
      for (const pair of pairs) await pair.run(countOf(pair));
    }
    for (let round = 0; round < options.runs; round += 1) {
      if (round >= MIN_ROUNDS && performance.now() > options.deadline) break;
      for (const pair of rotate(pairs, round)) {
        const run = await pair.run(countOf(pair));
        results.get(pair.entry.label)?.push(run);
        options.onRun(pair.entry.label, run);
      }
    }
  } finally {
    await Promise.all(pairs.map((pair) => pair.end()));
  }
  return results;
}

function rotate<T>(list: readonly T[], by: number): T[] {
  const first = by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}
