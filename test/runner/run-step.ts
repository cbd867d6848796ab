import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { StepResult } from './result.js';
import type { CommandStep, Step, VitestStep } from './steps.js';
import { readReport } from './vitest-report.js';

const BINARIES = resolve('node_modules/.bin');
const REPORTS = resolve('node_modules/.cache/nestjs-broker');
/** Nothing takes this long unless it hangs. */
const LIMIT = 15 * 60_000;

type Outcome = Pick<StepResult, 'passed' | 'failed' | 'skipped' | 'output'>;

/** Runs one step to its end. Never rejects: a step that cannot run has failed. */
export async function runStep(step: Step): Promise<StepResult> {
  const start = performance.now();
  const outcome = await (step.kind === 'vitest' ? runVitest(step) : runCommand(step));
  return { step, ...outcome, milliseconds: performance.now() - start };
}

async function runCommand({ name, command }: CommandStep): Promise<Outcome> {
  const { code, output } = await execute(command);
  return code === 0
    ? { passed: 1, failed: [], skipped: 0, output }
    : { passed: 0, failed: [name], skipped: 0, output };
}

async function runVitest({ name, workers }: VitestStep): Promise<Outcome> {
  const file = join(REPORTS, `${name}.json`);
  await rm(file, { force: true });
  const run = ['vitest', 'run', '--config', 'test/vitest.config.ts', '--project', name];
  if (workers !== undefined) run.push('--maxWorkers', String(workers));
  const reporters = ['--reporter', 'default', '--reporter', 'json', '--outputFile.json', file];
  const { code, output } = await execute([...run, ...reporters]);
  const report = existsSync(file)
    ? readReport(await readFile(file, 'utf8'))
    : { passed: 0, failed: [], skipped: 0 };
  const failed = report.failed.map((test) => `${name}: ${test}`);
  if (failed.length === 0 && report.passed === 0) {
    failed.push(`${name}: ran no test`);
  } else if (failed.length === 0 && code !== 0) {
    failed.push(`${name}: vitest ended with ${code}`);
  }
  return { ...report, failed, output };
}

function execute(command: readonly string[]): Promise<{ code: number; output: string }> {
  const [name = '', ...args] = command;
  const local = join(BINARIES, name);
  return new Promise((done) => {
    let output = '';
    const child = spawn(existsSync(local) ? local : name, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
      timeout: LIMIT,
    });
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', (error) => done({ code: 1, output: `${output}${error.message}\n` }));
    child.once('close', (code, signal) => {
      done({ code: code ?? 1, output: signal === null ? output : `${output}ended by ${signal}\n` });
    });
  });
}
