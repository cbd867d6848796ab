import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KEYS } from '../../../../lib/backend/redis/keys.js';
import { loadScript } from '../../../../lib/backend/redis/load-script.js';
import { SCRIPTS } from '../../../../lib/backend/redis/scripts.js';

const all = Object.values(SCRIPTS).map((script) => [script.name, script] as const);

describe('scripts', () => {
  it('are all loaded', () => {
    const folder = new URL('../../../../lib/backend/redis/scripts/', import.meta.url);
    const files = readdirSync(folder).filter((file) => file.endsWith('.lua'));
    expect(all.map(([name]) => `${name}.lua`).toSorted()).toEqual(files.toSorted());
  });

  it.each(all)('%s is complete: parts included, keys named, comments gone', (_, { text, sha }) => {
    expect(text.startsWith('--!df flags=allow-undeclared-keys\nlocal T = KEYS[1]\n')).toBe(true);
    expect(text.slice(text.indexOf('\n'))).not.toMatch(/^\s*--|^\s*$(?!\n*$)/m);
    expect(text).not.toMatch(/@include|\$\w/);
    expect(sha).toBe(createHash('sha1').update(text).digest('hex'));
  });

  it.each(all)('%s uses no other key than those of keys.ts', (_, { text }) => {
    const known = new Set<string>(Object.values(KEYS));
    const used = [...text.matchAll(/\(T\.\.'([^']*)'\)/g)].map(([, key]) => key ?? '');
    expect(used.filter((key) => !known.has(key))).toEqual([]);
  });

  it('has an error for a script that does not exist', () => {
    expect(() => loadScript('no-such-script')).toThrow('ENOENT');
  });
});
