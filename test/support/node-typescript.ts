import { fileURLToPath } from 'node:url';

const loaders = {
  lib: new URL('typescript-lib.mjs', import.meta.url).href,
  dist: new URL('typescript.mjs', import.meta.url).href,
};

/**
 * The arguments with which `process.execPath` runs a TypeScript file in a process of its own;
 * `from` says what `nestjs-broker` means there: the sources, or the built package.
 */
export const nodeTypeScript = (file: URL | string, from: 'lib' | 'dist' = 'lib'): string[] => [
  '--import',
  loaders[from],
  typeof file === 'string' ? file : fileURLToPath(file),
];
