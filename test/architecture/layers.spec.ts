import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Rule {
  readonly name: string;
}
interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: Rule;
}

const config = resolve('test/architecture/layers.cjs');
const { forbidden } = createRequire(import.meta.url)(config) as { forbidden: Rule[] };

/** A library that does everything it must not, one sin a file: file → what it imports. */
const sins: Record<string, string> = {
  'message/up.ts': '../codec/index.js',
  'errors/up.ts': '../message/index.js',
  'codec/up.ts': '../runtime/index.js',
  'balancer/up.ts': '../codec/index.js',
  'backend/up.ts': './redis/index.js',
  'backend/memory/sideways.ts': '../redis/index.js',
  'backend/redis/sideways.ts': '../memory/index.js',
  'runtime/adapter.ts': '../backend/redis/index.js',
  'runtime/up.ts': '../config/index.js',
  'config/up.ts': '../client/index.js',
  'config/adapter.ts': '../backend/memory/index.js',
  'config/adapter-too.ts': '../backend/redis/index.js',
  'decorators/sideways.ts': '../client/index.js',
  'client/sideways.ts': '../server/index.js',
  'server/sideways.ts': '../decorators/index.js',
  'server/adapter.ts': '../backend/memory/index.js',
  'observability/sideways.ts': '../server/index.js',
  'testing/sideways.ts': '../cli/index.js',
  'cli/front-door.ts': '../index.js',
  'module/command-line.ts': '../cli/main.js',
  'module/sideways.ts': '../testing/index.js',
  'module/front-door.ts': '../index.js',
  'message/nest.ts': '@nestjs/common',
  'runtime/rxjs.ts': 'rxjs',
  'runtime/redis.ts': 'ioredis',
  'client/deep.ts': '@nestjs/microservices/context/rpc-proxy.js',
  'client/dev.ts': 'vitest',
  'client/unknown.ts': './not-there.js',
  'client/test.ts': '../../test/helper.js',
  'utils/homeless.ts': '../message/index.js',
  'index.ts': './codec/inside.js',
};

/** What is allowed, where a rule could easily be too strict: none of these may be reported. */
const virtues: Record<string, string> = {
  'backend/memory/port.ts': '../index.js',
  'backend/redis/driver.ts': 'ioredis',
  'codec/down.ts': '../message/index.js',
  'runtime/port.ts': '../backend/index.js',
  'server/nest.ts': '@nestjs/microservices',
  'cli/roof.ts': '../module/index.js',
  'server/nest-internals.ts': '@nestjs/microservices/context/rpc-proxy.js',
  'server/neighbour.ts': './nest.js',
  'client/rxjs.ts': 'rxjs',
  'module/create-backend.ts': '../backend/redis/index.js',
  'testing/roof.ts': '../module/index.js',
};
const typesOnly: Record<string, string> = { 'config/types.ts': '../backend/redis/index.js' };

const folders = [...new Set(Object.keys(sins).map((file) => dirname(file)))].filter(
  (folder) => folder !== '.' && folder !== 'utils',
);

describe('the rules of direction', () => {
  const root = mkdtempSync(join(tmpdir(), 'nestjs-broker-layers-'));
  let found: Violation[] = [];

  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };

  beforeAll(() => {
    for (const name of ['package.json', 'tsconfig.json', 'node_modules']) {
      symlinkSync(resolve(name), join(root, name));
    }
    write('test/helper.ts', 'export const helper = 1;\n');
    for (const folder of folders) {
      write(`lib/${folder}/index.ts`, 'export const value = 1;\n');
      write(`lib/${folder}/inside.ts`, 'export const value = 1;\n');
    }
    for (const [index, folder] of folders.entries()) {
      const from = folders[(index + 1) % folders.length] ?? '';
      const up = '../'.repeat(from.split('/').length);
      write(`lib/${from}/by-the-window.ts`, `import '${up}${folder}/inside.js';\n`);
    }
    for (const [file, target] of Object.entries({ ...sins, ...virtues })) {
      write(`lib/${file}`, `import '${target}';\n`);
    }
    for (const [file, target] of Object.entries(typesOnly)) {
      write(
        `lib/${file}`,
        `import type { value } from '${target}';\nexport type T = typeof value;\n`,
      );
    }
    write('lib/server/circle.ts', "import './circle-too.js';\n");
    write('lib/server/circle-too.ts', "import './circle.js';\n");
    const cruiser = resolve('node_modules/.bin/depcruise');
    const { stdout } = spawnSync(cruiser, ['lib', '--config', config, '--output-type', 'json'], {
      cwd: root,
      maxBuffer: 64 * 1024 * 1024,
    });
    found = (JSON.parse(stdout.toString()) as { summary: { violations: Violation[] } }).summary
      .violations;
  }, 60_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('are all broken by this library', () => {
    const broken = new Set(found.map(({ rule }) => rule.name));
    expect(forbidden.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual([]);
  });

  it('see every sin', () => {
    const seen = new Set(found.map(({ from }) => from));
    expect(Object.keys(sins).filter((file) => !seen.has(`lib/${file}`))).toEqual([]);
  });

  it('let every virtue pass', () => {
    const allowed = new Set(Object.keys({ ...virtues, ...typesOnly }).map((file) => `lib/${file}`));
    expect(found.filter(({ from }) => allowed.has(from))).toEqual([]);
  });
});
