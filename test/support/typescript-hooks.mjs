// The module hooks behind typescript.mjs. Every file is compiled alone, without type checks, and the
// result is kept in node_modules/.cache, so that a worker process starts at the speed of JavaScript.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const library = new URL('../../lib/', import.meta.url).href;
const cache = fileURLToPath(new URL('../../node_modules/.cache/nestjs-broker/', import.meta.url));
const salt = `${require('typescript/package.json').version}\0${readFileSync(fileURLToPath(import.meta.url), 'utf8')}`;

/** @type {string | undefined} */
let broker;

/** @param {{ broker: string } | undefined} data */
export function initialize(data) {
  broker = data?.broker;
}

/** @type {import('node:module').ResolveHook} */
export function resolve(specifier, context, next) {
  if (specifier === 'nestjs-broker' && broker !== undefined) {
    return { url: broker, shortCircuit: true };
  }
  if (specifier.startsWith('.') && specifier.endsWith('.js')) {
    const url = new URL(`${specifier.slice(0, -3)}.ts`, context.parentURL);
    if (existsSync(url)) {
      return { url: url.href, shortCircuit: true };
    }
  }
  return next(specifier, context);
}

/** @type {import('node:module').LoadHook} */
export function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) {
    return next(url, context);
  }
  return { format: 'module', shortCircuit: true, source: compiled(url) };
}

/** @param {string} url */
function compiled(url) {
  const source = readFileSync(fileURLToPath(url), 'utf8');
  const key = createHash('sha1').update(`${salt}\0${url}\0${source}`).digest('hex');
  const file = `${cache}${key}.js`;
  if (existsSync(file)) {
    return readFileSync(file, 'utf8');
  }
  const output = compile(url, source);
  mkdirSync(cache, { recursive: true });
  const own = `${file}.${randomUUID()}`;
  writeFileSync(own, output);
  renameSync(own, file);
  return output;
}

/**
 * @param {string} url
 * @param {string} source
 */
function compile(url, source) {
  /** @type {typeof import('typescript')} */
  const ts = require('typescript');
  return ts.transpileModule(source, {
    fileName: fileURLToPath(url),
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      isolatedModules: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: !url.startsWith(library),
      inlineSourceMap: true,
      inlineSources: true,
    },
  }).outputText;
}
