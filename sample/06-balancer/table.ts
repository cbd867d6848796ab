import type { Frame } from './frames.controller.js';
import { INSTANCES, type Run } from './run.js';

const names = INSTANCES.map(({ instanceName }) => instanceName);
const row = (name: string, ...halves: readonly (readonly (string | number)[])[]): string =>
  name.padEnd(17) +
  halves.map((cells) => cells.map((cell) => String(cell).padStart(6)).join('')).join('    ');

/** How many frames of a half each instance has rendered. */
export const countsOf = (run: Run, half: Frame['half']): number[] =>
  names.map((name) => run.get(name)!.filter((frame) => frame.half === half).length);

export const tableOf = (runs: ReadonlyMap<string, Run>): string =>
  [
    row('', ['weights 3 : 2 : 1'.padStart(18)], ['us-1 drained'.padStart(18)]),
    row('', names, names),
    '-'.repeat(57),
    ...[...runs].map(([strategy, run]) =>
      row(strategy, countsOf(run, 'before'), countsOf(run, 'after')),
    ),
  ].join('\n');
