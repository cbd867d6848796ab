import { TARBALL } from '../support/package-file.js';

/** One thing that passes or fails. A vitest step counts its tests, any other counts as one. */
export type Step = CommandStep | VitestStep;

interface StepBase {
  readonly name: string;
  /** Steps whose result this one uses; they come first, also when this one is asked for alone. */
  readonly needs?: readonly string[];
}

export interface CommandStep extends StepBase {
  readonly kind: 'command';
  readonly command: readonly string[];
  /** Waits for others, not for this machine: it takes nobody's place. */
  readonly idle?: true;
}

export interface VitestStep extends StepBase {
  readonly kind: 'vitest';
  /** Files at a time; absent: as the configuration says. */
  readonly workers?: number;
  readonly redis: boolean;
  /** Nothing else runs beside it: it fills the machine, or measures time. */
  readonly alone: boolean;
}

const command = (name: string, line: string, needs: readonly string[] = []): CommandStep => ({
  kind: 'command',
  name,
  command: line.split(' '),
  needs,
});

const vitest = (
  name: string,
  options: Partial<Pick<VitestStep, 'redis' | 'alone' | 'needs' | 'workers'>> = {},
): VitestStep => ({ kind: 'vitest', name, redis: true, alone: true, ...options });

/** The compiler itself; what is built by Nest, and read by tests, needs the API of the release before. */
const TSC = 'node node_modules/typescript-7/bin/tsc --noEmit --project';
const TYPESCRIPT = 'node --import ./test/support/typescript.mjs';

/** In the order in which they start; those that do not disturb each other run two at a time. */
export const steps: readonly Step[] = [
  // checks the types of lib, too
  command('build', 'node test/support/ensure-built.mjs'),
  { ...command('chromium', `${TYPESCRIPT} test/support/obtain-chromium.ts`), idle: true },
  // they wait most of their time, and leave room for all that follows until the next that is alone
  vitest('faults', { workers: 3, alone: false, needs: ['build'] }),
  command('format', 'oxfmt --check'),
  command('lint', 'oxlint --type-aware --deny-warnings .', ['build']),
  command('types:test', `${TSC} test`),
  command('types:page', `${TSC} lib/observability/monitor/page`),
  command('types:sample', `${TSC} sample`, ['build']),
  command('layers', 'depcruise lib --config test/architecture/layers.cjs --output-type err-long'),
  command('knip', 'knip --no-progress'),
  command('compose', 'dclint --config test/dclint.json --max-warnings 0 docker-compose.yml'),
  command('pack', `${TYPESCRIPT} test/support/pack.ts`, ['build']),
  command('publint', `publint run ${TARBALL} --strict`, ['pack']),
  command('attw', `attw ${TARBALL} --profile esm-only --no-emoji`, ['pack']),
  vitest('unit', { redis: false, alone: false }),
  vitest('package', { needs: ['pack'], alone: false }),
  vitest('samples', { needs: ['build'], alone: false }),
  vitest('conformance', { workers: 3 }),
  vitest('e2e', { workers: 3, needs: ['build', 'chromium'] }),
];

/** The steps with these names, and what they need, in their order. All of them when no name is given. */
export function select(names: readonly string[]): Step[] {
  const known = new Map(steps.map((step) => [step.name, step]));
  const wanted = new Set<string>();
  const add = (name: string): void => {
    const step = known.get(name);
    if (step === undefined) {
      throw new Error(`Unknown step "${name}": choose from ${[...known.keys()].join(', ')}.`);
    }
    step.needs?.forEach(add);
    wanted.add(name);
  };
  (names.length === 0 ? [...known.keys()] : names).forEach(add);
  return steps.filter(({ name }) => wanted.has(name));
}
