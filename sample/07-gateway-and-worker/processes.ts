import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const hasRedis = ['redis', 'hybrid'].includes(process.env['BROKER_MODE'] ?? '');

export interface Started {
  readonly process: ChildProcess;
  /** What it says when it is ready: its address, or its number. */
  readonly says: string;
}

/** Starts a file of this folder as a process of its own, with the environment of this one. */
export async function start(file: 'gateway.ts' | 'worker.ts'): Promise<Started> {
  const env = { ...process.env, PORT: '0' };
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  for await (const line of createInterface(child.stdout!)) {
    const [, says] = line.split(': ');
    if (says !== undefined) return { process: child, says };
  }
  throw new Error(`${file} did not start`);
}

/** As an orchestrator stops it; resolves to its exit code, or the signal. */
export async function stop({ process: child }: Started): Promise<unknown> {
  child.kill('SIGTERM');
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return code ?? signal;
}
