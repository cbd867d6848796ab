import type { StepResult } from './result.js';
import { runStep } from './run-step.js';
import type { Step } from './steps.js';

const SIDE_BY_SIDE = 2;

/**
 * Starts the steps in their order, two at a time where both allow it. A step whose needs failed is not
 * run and has failed; all others run whatever happens before them.
 */
export async function runAll(
  steps: readonly Step[],
  onResult: (result: StepResult) => void,
): Promise<StepResult[]> {
  const results = new Map<string, Promise<StepResult>>();
  const running = new Set<Promise<StepResult>>();
  const all: Promise<StepResult>[] = [];
  let room = 0;
  for (const step of steps) {
    // one that is alone waits for all others, and lets nobody start beside it
    const beside = isAlone(step) ? 0 : SIDE_BY_SIDE - 1;
    while (running.size > Math.min(room, beside)) {
      await Promise.race(running);
    }
    room = beside;
    const needs = await Promise.all((step.needs ?? []).flatMap((name) => results.get(name) ?? []));
    const missing = needs.filter(({ failed }) => failed.length > 0);
    const result = missing.length > 0 ? Promise.resolve(notRun(step, missing)) : runStep(step);
    results.set(step.name, result);
    const reported = result.then((value) => {
      running.delete(reported);
      onResult(value);
      return value;
    });
    if (step.kind === 'vitest' || step.idle !== true) running.add(reported);
    all.push(reported);
  }
  return Promise.all(all);
}

const isAlone = (step: Step): boolean => step.kind === 'vitest' && step.alone;

function notRun(step: Step, missing: readonly StepResult[]): StepResult {
  const names = missing.map((need) => need.step.name).join(', ');
  const output = `not run, because it needs ${names}\n`;
  return { step, passed: 0, failed: [step.name], skipped: 0, milliseconds: 0, output };
}
