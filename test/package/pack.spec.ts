import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pack } from '../support/pack.js';
import { sharedRedis } from '../support/redis-server.js';

interface Installation {
  readonly title: string;
  readonly nest: { readonly major: number; readonly packages: readonly string[] };
  readonly ioredis?: string;
  /** The peers of the subpaths. */
  readonly observability?: readonly string[];
}

const nest12 = {
  major: 12,
  packages: ['@nestjs/common@12.5.1', '@nestjs/core@12.5.1', '@nestjs/microservices@12.1.1'],
};
const nest11 = {
  major: 11,
  packages: ['@nestjs/common@11.2.10', '@nestjs/core@11.2.10', '@nestjs/microservices@11.2.6'],
};
const watching = ['prom-client@15.1.3', '@opentelemetry/api@1.9.1'];
const installations: readonly Installation[] = [
  { title: 'Nest 12 without ioredis', nest: nest12 },
  {
    title: 'Nest 12 with ioredis 5',
    nest: nest12,
    ioredis: '5.11.1',
    observability: [...watching, '@nestjs/terminus@12.1.0'],
  },
  {
    title: 'Nest 11 with ioredis 6',
    nest: nest11,
    ioredis: '6.0.0',
    observability: [...watching, '@nestjs/terminus@11.0.0'],
  },
];

const FIXTURES = ['scenario.cjs', 'fixture-app.mjs', 'fixture-app.cjs'];
const formats = [
  { format: 'import', app: 'fixture-app.mjs' },
  { format: 'require', app: 'fixture-app.cjs' },
];
const LIMIT = 150_000;
const tarball = pack();

const run = (folder: string, command: string, args: readonly string[], env = {}): string => {
  const options = {
    cwd: folder,
    env: { ...process.env, ...env },
    timeout: LIMIT,
    encoding: 'utf8' as const,
  };
  const { status, stdout, stderr } = spawnSync(command, args, options);
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  }
  return stdout;
};

describe.each(installations)('the package, installed beside $title', (installation) => {
  const { nest, ioredis, observability } = installation;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nestjs-broker-package-')));
  const versionOf = (name: string): string | undefined => {
    const file = join(folder, 'node_modules', name, 'package.json');
    return existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
      : undefined;
  };

  beforeAll(() => {
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const client = ioredis === undefined ? [] : [`ioredis@${ioredis}`];
    const others = ['reflect-metadata@0.2.2', 'rxjs@7.8.2', ...nest.packages, ...client].concat(
      observability ?? [],
    );
    const flags = ['--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund'];
    run(folder, 'npm', ['install', ...flags, '--ignore-scripts', tarball, ...others]);
    FIXTURES.forEach((file) => cpSync(resolve('test/package', file), join(folder, file)));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has a command line', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(run(folder, 'npx', ['--no-install', 'nestjs-broker', '--version'])).toBe(`${version}\n`);
  });

  it('finds the peers it was meant to find', () => {
    expect(versionOf('@nestjs/core')).toMatch(new RegExp(`^${nest.major}\\.`));
    expect(versionOf('ioredis')).toBe(ioredis);
  });

  it('is the same module for import and require', () => {
    const script = `
      const required = require('nestjs-broker');
      import('nestjs-broker').then((imported) => {
        if (imported.BrokerModule !== required.BrokerModule) throw new Error('two copies');
        console.log(typeof imported.BrokerModule.forRoot);
      });`;
    expect(run(folder, process.execPath, ['--eval', script]).trim()).toBe('function');
  });

  const watched = {
    metrics: ['BrokerMetricsModule', 'measureBroker'],
    monitor: ['BrokerMonitorModule'],
    otel: ['BrokerOtelModule', 'traceBroker'],
    terminus: ['BrokerHealthIndicator'],
  };
  const subpaths = {
    testing: ['BrokerHarness', 'DrainError', 'createBrokerHarness'],
    ...(observability === undefined ? {} : watched),
  };
  it.each(Object.entries(subpaths))('has %s, the same for import and require', (subpath, names) => {
    const script = `
        const required = require('nestjs-broker/${subpath}');
        import('nestjs-broker/${subpath}').then((imported) => {
          const names = Object.keys(required);
          if (names.some((name) => imported[name] !== required[name])) throw new Error('two copies');
          console.log(JSON.stringify(names));
        });`;
    expect(JSON.parse(run(folder, process.execPath, ['--eval', script]))).toEqual(names);
  });

  it('has types that a strict compiler accepts, in ES modules and in CommonJS', () => {
    const sources = ['consumer', ...(observability === undefined ? [] : ['observability'])];
    const files = sources.flatMap((source) =>
      ['mts', 'cts'].map((extension) => {
        const file = `${source}.${extension}`;
        cpSync(resolve(`test/package/${source}.ts`), join(folder, file));
        return file;
      }),
    );
    const compiler = resolve('node_modules/typescript/bin/tsc');
    const strict = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--experimentalDecorators'];
    const modules = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    const types = ['--typeRoots', resolve('node_modules/@types')];
    const args = [compiler, ...strict, ...modules, ...types, ...files];
    expect(run(folder, process.execPath, args)).toBe('');
  });

  const modes = ioredis === undefined ? ['memory'] : ['memory', 'redis'];
  describe.each(modes)('on %s', (mode) => {
    it.each(formats)('runs an app that loads it by $format', ({ app, format }) => {
      const env = {
        BROKER_MODE: mode,
        APP_NAME: `package-${format}-${process.pid}-${Date.now()}`,
        ...(mode === 'redis' ? { REDIS_URL: sharedRedis().url } : {}),
      };
      expect(JSON.parse(run(folder, process.execPath, [app], env))).toEqual({
        task: { id: 1 },
        event: { id: 2 },
        reply: { id: 3, total: 12.5 },
      });
    });
  });
});
