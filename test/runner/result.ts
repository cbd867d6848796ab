import type { Step } from './steps.js';

export interface StepResult {
  readonly step: Step;
  readonly passed: number;
  /** The names of what failed; empty when all is well. */
  readonly failed: readonly string[];
  readonly skipped: number;
  readonly milliseconds: number;
  readonly output: string;
}
