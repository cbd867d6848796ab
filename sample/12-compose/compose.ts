import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const ROOT = new URL('../../', import.meta.url);

interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly profiles?: readonly string[];
}

/** A service of docker-compose.yml that runs without an engine, as a process with the same file and variables. */
export interface Running {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
}

/** The services of a profile that run one of our own files. */
export async function servicesOf(profile: string): Promise<Map<string, Service>> {
  const text = await readFile(new URL('docker-compose.yml', ROOT), 'utf8');
  const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };
  const own = Object.entries(services).filter(
    ([, { profiles, command }]) => profiles?.includes(profile) && command?.[0] === 'node',
  );
  return new Map(own);
}

/** @param others variables that are different here: where Redis is, and the name of the app */
export async function up(
  name: string,
  { command = [], environment = {} }: Service,
  others: Readonly<Record<string, string | undefined>>,
): Promise<Running> {
  const values = Object.entries(environment).map(([key, value]) => [key, String(value)] as const);
  const { PATH } = process.env;
  const env = { PATH, NO_COLOR: '1', ...Object.fromEntries(values), PORT: '0', ...others };
  const file = fileURLToPath(new URL(command.at(-1) ?? '', ROOT));
  const child = fork(file, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const lines = createInterface(child.stdout!);
  for await (const line of lines) {
    const [, url] = /^ready: (.*)$/.exec(line) ?? [];
    if (url === undefined) continue;
    child.stdout?.resume();
    return { name, process: child, url: url.replace('[::1]', 'localhost') };
  }
  throw new Error(`${name} did not start`);
}

export async function down(running: readonly Running[]): Promise<void> {
  const ends = running.map(async ({ process: child }) => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  await Promise.all(ends);
}
