import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How a Redis server is started on this machine. */
export type RedisProgram =
  | { readonly kind: 'binary'; readonly path: string }
  | { readonly kind: 'docker'; readonly image: string };

/** Hands what was found once to the test processes, which inherit the environment. */
const FOUND = 'NESTJS_BROKER_TEST_REDIS_PROGRAM';
const IMAGE = 'redis:7-alpine';

const INSTRUCTION =
  'The tests need a Redis server. Install one so that `redis-server` is on PATH ' +
  '(Debian and Ubuntu: sudo apt-get install redis-server; macOS: brew install redis), then run them again.';

/** Where the system keeps a package manager, and what it is asked. */
const installers: ReadonlyArray<{
  readonly tool: string;
  readonly asRoot: boolean;
  readonly commands: ReadonlyArray<readonly string[]>;
}> = [
  {
    tool: 'apt-get',
    asRoot: true,
    commands: [
      ['update', '-qq'],
      ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'],
    ],
  },
  { tool: 'apk', asRoot: true, commands: [['add', '--no-cache', 'redis']] },
  { tool: 'dnf', asRoot: true, commands: [['install', '-y', '-q', 'redis']] },
  { tool: 'brew', asRoot: false, commands: [['install', '--quiet', 'redis']] },
];

/**
 * The Redis of this machine: `redis-server` on PATH, else installed by the system's package manager
 * where that is permitted without a question, else Docker. Throws one clear instruction otherwise.
 */
export function obtainRedis(): RedisProgram {
  const program = inherited() ?? binary() ?? (install() ? binary() : undefined) ?? docker();
  if (program === undefined) {
    throw new Error(INSTRUCTION);
  }
  process.env[FOUND] = JSON.stringify(program);
  return program;
}

function inherited(): RedisProgram | undefined {
  const found = process.env[FOUND];
  return found === undefined ? undefined : (JSON.parse(found) as RedisProgram);
}

function binary(): RedisProgram | undefined {
  const path = onPath('redis-server');
  return path === undefined ? undefined : { kind: 'binary', path };
}

function docker(): RedisProgram | undefined {
  if (onPath('docker') === undefined || !succeeds('docker', ['info'])) {
    return undefined;
  }
  const present = succeeds('docker', ['image', 'inspect', IMAGE]);
  return present || succeeds('docker', ['pull', '--quiet', IMAGE])
    ? { kind: 'docker', image: IMAGE }
    : undefined;
}

function install(): boolean {
  const installer = installers.find(({ tool }) => onPath(tool) !== undefined);
  if (installer === undefined) {
    return false;
  }
  const isRoot = process.getuid?.() === 0;
  const prefix = installer.asRoot && !isRoot ? ['sudo', '-n'] : [];
  if (prefix.length > 0 && !succeeds('sudo', ['-n', 'true'])) {
    return false;
  }
  process.stderr.write(`No redis-server on PATH: installing it with ${installer.tool}.\n`);
  // Only the last command decides: an update that one repository refuses still lets packages install.
  const results = installer.commands.map((args) => {
    const [command = installer.tool, ...rest] = [...prefix, installer.tool, ...args];
    return succeeds(command, rest);
  });
  return results.at(-1) === true;
}

function succeeds(command: string, args: readonly string[]): boolean {
  // RUNLEVEL=1 keeps Debian's package from starting a server of its own on the default port.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const { status } = spawnSync(command, args, { env, stdio: 'ignore', timeout: 300_000 });
  return status === 0;
}

function onPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
