import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What one package manager installs a program with. */
export interface Installer {
  readonly tool: string;
  readonly asRoot: boolean;
  readonly commands: ReadonlyArray<readonly string[]>;
}

/** Installs by the system's package manager, where that is permitted without a question; tells whether it did. */
export function install(program: string, installers: readonly Installer[]): boolean {
  const installer = installers.find(({ tool }) => onPath(tool) !== undefined);
  if (installer === undefined) {
    return false;
  }
  const isRoot = process.getuid?.() === 0;
  const prefix = installer.asRoot && !isRoot ? ['sudo', '-n'] : [];
  if (prefix.length > 0 && !succeeds('sudo', ['-n', 'true'])) {
    return false;
  }
  process.stderr.write(`No ${program} on PATH: installing it with ${installer.tool}.\n`);
  // Only the last command decides: an update that one repository refuses still lets packages install.
  const results = installer.commands.map((args) => {
    const [command = installer.tool, ...rest] = [...prefix, installer.tool, ...args];
    return succeeds(command, rest);
  });
  return results.at(-1) === true;
}

export function succeeds(command: string, args: readonly string[]): boolean {
  // RUNLEVEL=1 keeps Debian's packages from starting servers of their own on default ports.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const { status } = spawnSync(command, args, { env, stdio: 'ignore', timeout: 300_000 });
  return status === 0;
}

export function onPath(name: string): string | undefined {
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
