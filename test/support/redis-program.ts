import { install, onPath, succeeds, type Installer } from './installer.js';

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
const INSTALLERS: readonly Installer[] = [
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
  const program =
    inherited() ??
    binary() ??
    (install('redis-server', INSTALLERS) ? binary() : undefined) ??
    docker();
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
