import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

interface Project {
  readonly include: string[];
  readonly exclude?: string[];
  /** 'shared': sharedRedis() works; 'own': the tests start servers of their own. */
  readonly redis?: 'shared' | 'own';
  /** What `nestjs-broker` means; default the sources. */
  readonly from?: 'lib' | 'dist';
  readonly timeout: number;
}

const setups = {
  shared: path('support/shared-redis.setup.ts'),
  own: path('support/own-redis.setup.ts'),
};
const entries = { lib: path('../lib/index.ts'), dist: path('../dist/index.js') };
const observability = {
  lib: path('../lib/observability/$1/index.ts'),
  dist: path('../dist/observability/$1/index.js'),
};

const testing = {
  lib: path('../lib/testing/index.ts'),
  dist: path('../dist/testing/index.js'),
};

const project = (name: string, options: Project): TestProjectInlineConfiguration => ({
  resolve: {
    alias: [
      { find: /^nestjs-broker$/, replacement: entries[options.from ?? 'lib'] },
      { find: /^nestjs-broker\/testing$/, replacement: testing[options.from ?? 'lib'] },
      {
        find: /^nestjs-broker\/(metrics|monitor|otel|terminus)$/,
        replacement: observability[options.from ?? 'lib'],
      },
    ],
  },
  test: {
    name,
    root: path('..'),
    pool: 'forks',
    // half of the processor time went into loading Nest again for every file
    isolate: options.from === 'dist',
    include: options.include,
    exclude: options.exclude ?? [],
    setupFiles: [path('support/clean-env.setup.ts')],
    globalSetup: options.redis === undefined ? [] : [setups[options.redis]],
    testTimeout: options.timeout,
    // stopped and killed processes on a busy machine: one more chance there, a defect fails twice
    retry: options.redis === 'own' ? 1 : 0,
    hookTimeout: options.timeout,
    server: { deps: { external: [/\/dist\//] } },
  },
});

const samples = 'test/e2e/samples.spec.ts';

export default defineConfig({
  root: path('..'),
  test: {
    passWithNoTests: false,
    maxWorkers: 2,
    projects: [
      project('unit', {
        include: ['test/unit/**/*.spec.ts', 'test/architecture/**/*.spec.ts'],
        timeout: 10_000,
      }),
      project('conformance', {
        include: ['test/conformance/**/*.spec.ts'],
        redis: 'shared',
        timeout: 30_000,
      }),
      project('e2e', {
        include: ['test/e2e/**/*.spec.ts', 'test/issues/**/*.spec.ts'],
        exclude: [samples],
        redis: 'shared',
        timeout: 30_000,
      }),
      project('faults', {
        include: ['test/faults/**/*.spec.ts'],
        redis: 'own',
        timeout: 90_000,
      }),
      project('samples', { include: [samples], redis: 'shared', from: 'dist', timeout: 120_000 }),
      project('package', {
        include: ['test/package/**/*.spec.ts'],
        redis: 'shared',
        from: 'dist',
        timeout: 180_000,
      }),
    ],
  },
});
