import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TARBALL } from './package-file.js';

interface Packed {
  readonly filename: string;
}

/** Packs the built package as `npm publish` would, without building it again; returns the file. */
export function pack(): string {
  const file = resolve(TARBALL);
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true });
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const output = execFileSync('npm', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [packed] = JSON.parse(output.toString()) as Packed[];
  if (packed === undefined) {
    throw new Error('npm pack made no file.');
  }
  renameSync(join(folder, packed.filename), file);
  return file;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(pack());
}
