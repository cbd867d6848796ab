import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
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

/** Scripts and parts of another layout: its folder comes first, and its names are known to all of them. */
export interface ScriptOverlay {
  /** Under `scripts/`. */
  readonly folder: string;
  /** Lua that comes first. */
  readonly head: string;
  /** What stands in the scripts for the group `'g'` of our own streams. */
  readonly group: string;
}

const SCRIPTS = new URL('./scripts/', import.meta.url);

/**
 * Reads `scripts/<name>.lua`, puts each `--@include part` and `--@need part` in its place and turns `$name` into the key of that name,
 * so that key names stand in keys.ts alone.
 */
export function loadScript(name: string, overlay?: ScriptOverlay): Script {
  const source = include(read(name, overlay), new Set(), overlay);
  const body = source.replace(/\$(\w+)/g, (_, key: string) => {
    if (!Object.hasOwn(KEYS, key)) throw new Error(`${name}.lua names an unknown key $${key}`);
    return `(T..'${KEYS[key as keyof typeof KEYS]}')`;
  });
  const grouped = overlay === undefined ? body : body.replaceAll("'g'", overlay.group);
  const text = HEAD + (overlay?.head ?? '') + stripComments(grouped);
  return { name, text, sha: createHash('sha1').update(text).digest('hex') };
}

function read(path: string, overlay?: ScriptOverlay): string {
  const own = overlay && new URL(`${overlay.folder}/${path}.lua`, SCRIPTS);
  return readFileSync(
    own !== undefined && existsSync(own) ? own : new URL(`${path}.lua`, SCRIPTS),
    'utf8',
  );
}

/** Puts the parts in, and the parts of parts; one that is needed only if it is not there yet. */
const include = (source: string, present: Set<string>, overlay?: ScriptOverlay): string =>
  source.replace(/^--@(include|need) (\S+)$/gm, (_, how: string, part: string) => {
    if (how === 'need' && present.has(part)) return '';
    present.add(part);
    return include(read(`include/${part}`, overlay), present, overlay);
  });

const stripComments = (lua: string): string =>
  lua.replace(/^\s*--.*\n/gm, '').replace(/^\s*\n/gm, '');
