import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as broker from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { DEFAULTS, parseDuration, resolveOptions } from '../../lib/config/index.js';
import { anchors, codeBlocks, links, section, tableRows } from '../support/markdown.js';
import { nodeTypeScript } from '../support/node-typescript.js';
import { sharedRedis } from '../support/redis-server.js';
import { fieldPaths, problemsOf, programOf, type VirtualFile } from '../support/type-check.js';
import { uniqueName } from '../support/unique-name.js';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const DOCUMENTS = ['README.md', '.github/CONTRIBUTING.md', 'lib/README.md', 'sample/README.md'];
const README = read('README.md');
const SCRIPTS = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;

/** What snippets use without showing where it comes from. */
const SURROUNDINGS: VirtualFile = {
  name: 'readme-globals.ts',
  code: `
    import type { BrokerClient } from 'nestjs-broker';
    import type { Observable } from 'rxjs';
    declare global {
      const broker: BrokerClient;
      interface Order { readonly id: string; readonly customer: string; readonly cents: number }
      const order: Order;
      class OrdersController {}
      class Settings { readonly redisUrl: string }
      function isMaintenance(): boolean;
      const payments: { charge(order: Order, options: { idempotencyKey: string; signal: AbortSignal }): Promise<void> };
      const orders: { find(id: string): Promise<Order | undefined>; stream(options: { signal: AbortSignal }): AsyncIterable<Order> };
      function archive(order: Order): Promise<void>;
      const prices: { reload(): void };
      const invoices: { create(order: Order, options: { idempotencyKey: string }): Promise<void>; note(order: Order): Promise<void> };
    }`,
};

/** Names that snippets without imports may use, by module. */
const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  '@nestjs/common': ['Controller', 'Injectable', 'Module'],
  '@nestjs/core': ['NestFactory'],
  '@nestjs/microservices': ['Ctx', 'Payload', 'RpcException'],
  rxjs: ['Observable'],
  'nestjs-broker': [...Object.keys(broker), 'BrokerOptions'],
  ioredis: ['Redis', 'Cluster'],
};

/** The imports a snippet leaves out, in one line, so that line numbers stay. */
function importsFor(code: string): string {
  if (/^import /m.test(code)) return '';
  const isUsed = (name: string): boolean =>
    new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`class ${name}\\b`).test(code);
  const lines = Object.entries(IMPORTS).map(
    ([module, names]) => `import { ${names.filter(isUsed).join(', ')} } from '${module}';`,
  );
  return `${lines.join(' ')} export {}; `;
}

const snippets = DOCUMENTS.flatMap((document) =>
  codeBlocks(read(document))
    .filter(({ words }) => words[0] === 'ts')
    .map(({ words, code, line }) => ({ document, words, code, line })),
);

describe('the snippets', () => {
  const files = snippets.map(({ document, line, code }) => ({
    name: `${document.replaceAll('/', '-')}-${line}.ts`,
    code: importsFor(code) + code,
  }));
  const options: VirtualFile = {
    name: 'readme-options.ts',
    code: `import type { BrokerOptions, RedisSettings } from 'nestjs-broker'; export type Options = Omit<BrokerOptions, 'redis'> & { redis?: RedisSettings };`,
  };
  const program = programOf([SURROUNDINGS, options, ...files]);

  it('pass the type check', () => {
    const problems = problemsOf(program, [SURROUNDINGS, ...files]);
    expect(problems).toEqual([]);
    expect(files.length).toBeGreaterThan(10);
  }, 60_000);

  it('tell of every option there is, and of no other', () => {
    const leaves = new Set([
      'codec',
      'serializer',
      'deserializer',
      'logger',
      'queues',
      'redis.tls',
      'redis.sentinels',
      'redis.cluster',
      'queue.redis',
      'balancer.redis',
      'handlers',
    ]);
    const paths = fieldPaths(program, { file: options.name, name: 'Options' }, (path) =>
      leaves.has(path),
    );
    const told = tableRows(section(README, '## Options')).map(([option = '']) => option);
    expect(told.toSorted()).toEqual(paths.toSorted());
  }, 60_000);
});

describe('the complete programs', () => {
  const [program, ...others] = snippets.filter(({ words }) => words.includes('run'));
  const folder = new URL('node_modules/.cache/nestjs-broker/readme/', ROOT);
  const file = fileURLToPath(new URL('quick-start.ts', folder));
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, program?.code ?? '');
  const PAID = 'order 42 is paid: 3998 cents';

  it('are one, and it is short', () => {
    expect(others).toEqual([]);
    const lines = program?.code.split('\n').filter((line) => line.trim() !== '') ?? [];
    expect(lines.length).toBeLessThanOrEqual(20);
  });

  it('run in memory', async () => {
    const output = await new Promise<string>((resolve, reject) => {
      execFile(process.execPath, nodeTypeScript(file), (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(stderr, { cause: error }));
      });
    });
    expect(output).toContain(PAID);
  }, 60_000);

  it('run on Redis, until they are told to end', async () => {
    const { url } = sharedRedis();
    const variables = { BROKER_MODE: 'redis', REDIS_URL: url, APP_NAME: uniqueName('readme') };
    const child = spawn(process.execPath, nodeTypeScript(file), {
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.stdout.on('data', (bytes: Buffer) => {
        output += bytes.toString();
        if (output.includes(PAID)) child.kill();
      });
    });
    expect(output).toContain(PAID);
    expect(child.signalCode).toBe('SIGTERM');
  }, 60_000);
});

describe('the tables', () => {
  it('tell the defaults as they are', () => {
    const { sendTimeout: _, ...options } = DEFAULTS;
    const told = new Map(
      tableRows(section(README, '## Options')).map(([option = '', value]) => [option, value]),
    );
    for (const [path, value] of leavesOf(options)) {
      const text = told.get(path) ?? '';
      const number = Number.isNaN(Number(text)) ? parseDuration(text) : Number(text);
      expect({ path, default: typeof value === 'number' ? number : text }).toEqual({
        path,
        default: typeof value === 'number' ? value : String(value),
      });
    }
  });

  it('tell of every variable, and of no other', () => {
    const asked = new Set<string>();
    const watch = new Proxy({}, { get: (_, name) => void asked.add(String(name)) });
    resolveOptions({}, watch);
    const told = tableRows(section(README, '## Environment')).map(([name = '']) => name);
    expect(told.toSorted()).toEqual([...asked].toSorted());
  });

  it('tell of every error, and whether it is worth another try', () => {
    const rows = tableRows(section(README, '## Errors'));
    expect(rows.map(([code]) => code)).toEqual(broker.ERROR_CODES);
    const exported = new Map<string, unknown>(Object.entries(broker));
    for (const [code, name = '', retryable] of rows) {
      const Type = exported.get(name) as typeof broker.TimeoutError;
      const error = new Type('a text');
      expect({ name, code: error.code, retryable: error.retryable }).toEqual({
        name,
        code,
        retryable: retryable === 'yes',
      });
    }
  });
});

describe('the documents', () => {
  it('name only commands that exist', () => {
    const commands = DOCUMENTS.flatMap((document) => [
      ...read(document).matchAll(/\bnpm (?:run ([\w:]+)|(start|test)\b)/g),
    ]).map(([, script, builtIn]) => script ?? builtIn ?? '');
    expect(commands.filter((script) => !(script in SCRIPTS))).toEqual([]);
    expect(commands.length).toBeGreaterThan(4);
  });

  it.each(DOCUMENTS)('%s has no dead link', (document) => {
    const text = read(document);
    const here = new URL(document, ROOT);
    const dead = links(text).filter((target) => {
      if (/^https?:/.test(target)) return false;
      if (target.startsWith('#')) return !anchors(text).includes(target.slice(1));
      return !existsSync(new URL(target, here));
    });
    expect(dead).toEqual([]);
  });
});

function leavesOf(tree: object, path = ''): [string, unknown][] {
  return Object.entries(tree).flatMap(([name, value]: [string, unknown]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return typeof value === 'object' && value !== null ? leavesOf(value, at) : [[at, value]];
  });
}
