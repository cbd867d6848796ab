import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KEYS } from './keys.js';

/** A script as it is sent: its text and the name the server knows it by. */
export interface Script {
  readonly name: string;
  readonly text: string;
  readonly sha: string;
}

// Dragonfly runs scripts that touch undeclared keys only with this line at the top.
const HEAD = `--!df flags=allow-undeclared-keys
local T = KEYS[1]
local call = redis.call
`;

const read = (path: string): string =>
  readFileSync(new URL(`./scripts/${path}.lua`, import.meta.url), 'utf8');

/**
 * Reads `scripts/<name>.lua`, puts each `--@include part` and `--@need part` in its place and turns `$name` into the key of that name,
 * so that key names stand in keys.ts alone.
 */
export function loadScript(name: string): Script {
  const source = include(read(name), new Set());
  const body = source.replace(/\$(\w+)/g, (_, key: string) => {
    if (!Object.hasOwn(KEYS, key)) throw new Error(`${name}.lua names an unknown key $${key}`);
    return `(T..'${KEYS[key as keyof typeof KEYS]}')`;
  });
  const text = HEAD + stripComments(body);
  return { name, text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Puts the parts in, and the parts of parts; one that is needed only if it is not there yet. */
const include = (source: string, present: Set<string>): string =>
  source.replace(/^--@(include|need) (\S+)$/gm, (_, how: string, part: string) => {
    if (how === 'need' && present.has(part)) return '';
    present.add(part);
    return include(read(`include/${part}`), present);
  });

const stripComments = (lua: string): string =>
  lua.replace(/^\s*--.*\n/gm, '').replace(/^\s*\n/gm, '');
