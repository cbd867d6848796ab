import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { codeBlocks } from '../../../support/markdown.js';

const ROOT = new URL('../../../../', import.meta.url);
const REDIS = new URL('lib/backend/redis/', ROOT);
const read = (url: URL): string => readFileSync(url, 'utf8');

/** The sources under a folder of the adapter. */
const sourcesIn = (folder: string, end: string): string[] =>
  readdirSync(new URL(folder, REDIS))
    .filter((name) => name.endsWith(end))
    .map((name) => read(new URL(`${folder}${name}`, REDIS)));

/** The first word of each call: `call('XADD', …)`, `call(x and 'SADD' or 'SREM', …)`. */
const commandsIn = (source: string): string[] =>
  [
    ...source.matchAll(/\bp?call\((?:call, )?(?:[\w.]+ and )?'([A-Z]+)'(?: or '([A-Z]+)')?/g),
  ].flatMap(([, ...commands]) => commands.flatMap((command) => command?.toLowerCase() ?? []));

describe('the permissions of the README', () => {
  const readme = read(new URL('README.md', ROOT));
  const [rule] = codeBlocks(readme).filter(({ words }) => words[0] === 'acl');
  const furthermore = /^With `events\.sharded` add `([^`]*)`, in a cluster `([^`]*)`/m.exec(readme);
  const allowed = new Set(
    [rule?.code, ...(furthermore ?? []).slice(1)]
      .flatMap((text) => text?.split(/\s+/) ?? [])
      .flatMap((word) => (word.startsWith('+') ? word.slice(1).split('|', 1) : [])),
  );
  const used = [
    ...sourcesIn('scripts/', '.lua'),
    ...sourcesIn('scripts/include/', '.lua'),
    ...sourcesIn('', '.ts'),
  ].flatMap(commandsIn);

  it('cover every command that scripts and connections use', () => {
    expect([...new Set(used)].filter((command) => !allowed.has(command))).toEqual([]);
    expect(used).toEqual(expect.arrayContaining(['xadd', 'srem', 'spublish', 'xpending', 'hkeys']));
  });

  it('are looked at when an app starts', () => {
    const asked = read(new URL('scripts/permissions.lua', REDIS))
      .toLowerCase()
      .match(/[a-z]+/g);
    // a way of events that has rules of its own
    const inScripts = ['scripts/', 'scripts/include/']
      .flatMap((folder) => sourcesIn(folder, '.lua'))
      .flatMap(commandsIn)
      .filter((command) => command !== 'spublish');
    expect(inScripts.filter((command) => !asked?.includes(command))).toEqual([]);
  });

  it('name no other command of data', () => {
    const ofConnections = /^(eval|evalsha|ping|info|select|p?s?(un)?subscribe|xreadgroup|client)$/;
    const others = [...allowed].filter((command) => !ofConnections.test(command));
    expect(others.filter((command) => !used.includes(command))).toEqual([]);
  });
});
