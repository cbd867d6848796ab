import { stripVTControlCharacters } from 'node:util';
import { obtainRedis } from '../support/redis-program.js';
import type { StepResult } from './result.js';
import { runAll } from './schedule.js';
import { select, steps, type Step } from './steps.js';

const TAIL_LINES = 60;
const NAME_WIDTH = 14;

/** Runs the named steps, or all; resolves with the exit code. */
export async function main(names: readonly string[]): Promise<number> {
  if (names.includes('--list')) {
    console.log(steps.map(({ name }) => name).join('\n'));
    return 0;
  }
  try {
    return report(await runAll(prepare(names), announce));
  } catch (error) {
    // Nothing could run at all: an unknown step, or no Redis to be had. The message says what to do.
    console.log(error instanceof Error ? error.message : error);
    console.log('\n0 passed, 1 failed');
    return 1;
  }
}

/** Redis is obtained once, before tests that run side by side all try. */
function prepare(names: readonly string[]): Step[] {
  const selected = select(names);
  if (selected.some((step) => step.kind === 'vitest' && step.redis)) {
    obtainRedis();
  }
  return selected;
}

function announce({ step, passed, failed, skipped, milliseconds }: StepResult): void {
  const counts = step.kind === 'vitest' ? [`${passed} passed`] : [];
  if (failed.length > 0 && step.kind === 'vitest') {
    counts.push(`${failed.length} failed`);
  }
  if (skipped > 0) {
    counts.push(`${skipped} skipped`);
  }
  const time = `${(milliseconds / 1000).toFixed(1)} s`.padStart(8);
  const mark = failed.length === 0 ? 'ok  ' : 'FAIL';
  console.log(`${mark}  ${step.name.padEnd(NAME_WIDTH)}${time}  ${counts.join(', ')}`.trimEnd());
  if (step.kind === 'vitest') failed.forEach((name) => console.log(`      ${name}`));
}

function report(results: readonly StepResult[]): number {
  const broken = results.filter(({ failed }) => failed.length > 0);
  for (const { step, output } of broken) {
    console.log(`\n----- ${step.name}: the end of its output -----`);
    console.log(
      stripVTControlCharacters(output).trimEnd().split('\n').slice(-TAIL_LINES).join('\n'),
    );
  }
  const failed = broken.flatMap((result) => result.failed);
  if (failed.length > 0) {
    console.log(`\nFailed:\n${failed.map((name) => `  ${name}`).join('\n')}`);
  }
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  console.log(`\n${passed} passed, ${failed.length} failed`);
  return failed.length === 0 && passed > 0 ? 0 : 1;
}
