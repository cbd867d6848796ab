import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { RedisProgram } from './redis-program.js';

export interface RedisProcess {
  readonly pid: number;
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends it properly, by force where it does not answer. */
  terminate(): Promise<void>;
}

export interface RedisProcessOptions {
  readonly program: RedisProgram;
  readonly host: string;
  readonly port: number;
  readonly dir: string;
  /** Whether the watchdog removes `dir` when it finds itself alone. */
  readonly remove: boolean;
  readonly args: readonly string[];
  /** Comes before all arguments. */
  readonly config?: string | undefined;
}

/** What a server says, and a Sentinel. */
const READY = /Ready to accept connections|Sentinel ID is/;
const READY_WITHIN = 20_000;
const TERMINATE_WITHIN = 3_000;
const POLL_EVERY = 10;
const OUTPUT_KEPT = 4_000;

/** One run of redis-server, answering when this resolves. */
export async function startProcess(options: RedisProcessOptions): Promise<RedisProcess> {
  const container = `nestjs-broker-test-${process.pid}-${options.port}`;
  const [command = '', ...args] = commandLine(options, container);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const watchdog = startWatchdog(options, child, container);
  void gone.then(() => watchdog.kill('SIGKILL'));
  try {
    await ready(child, options);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  release(child);

  const isDocker = options.program.kind === 'docker';
  const signal = (name: NodeJS.Signals): void => {
    if (isDocker) {
      spawnSync('docker', ['kill', '--signal', name, container], { stdio: 'ignore' });
    } else {
      child.kill(name);
    }
  };
  const kill = async (name: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    signal(name);
    if (name !== 'SIGSTOP' && name !== 'SIGCONT') {
      child.ref();
      await gone;
    }
  };
  return {
    pid: isDocker ? pidInDocker(container) : (child.pid ?? 0),
    kill,
    async terminate() {
      const force = setTimeout(() => signal('SIGKILL'), TERMINATE_WITHIN);
      await kill('SIGCONT');
      await kill('SIGTERM');
      clearTimeout(force);
    },
  };
}

function commandLine(options: RedisProcessOptions, container: string): string[] {
  const { program, host, port, dir, args, config } = options;
  const common = ['--port', String(port), '--daemonize', 'no', '--loglevel', 'notice', ...args];
  if (program.kind === 'binary') {
    const first = config === undefined ? [] : [config];
    return [program.path, ...first, '--bind', host, '--dir', dir, ...common];
  }
  const publish = ['--publish', `${host}:${port}:${port}`, '--volume', `${dir}:${dir}`];
  const run = ['docker', 'run', '--rm', '--name', container, ...publish, program.image];
  return [...run, 'redis-server', '--protected-mode', 'no', '--dir', dir, ...common];
}

function pidInDocker(container: string): number {
  const { stdout } = spawnSync('docker', ['inspect', '--format', '{{.State.Pid}}', container]);
  return Number(stdout.toString());
}

/**
 * A shell that waits for the end of its input, which comes when this process dies, however it dies,
 * and then ends the server. It is killed itself as soon as the server is gone.
 */
function startWatchdog(
  { program, dir, remove }: RedisProcessOptions,
  child: ChildProcess,
  container: string,
): ChildProcess {
  const end = program.kind === 'docker' ? 'docker rm --force "$2"' : 'kill -9 "$1"';
  const script = `read -r _; ${end}; ${remove ? 'rm -rf "$3"' : ':'}`;
  const args = ['-c', script, 'watchdog', String(child.pid), container, dir];
  const watchdog = spawn('/bin/sh', args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  watchdog.unref();
  unrefStream(watchdog.stdin);
  return watchdog;
}

async function ready(child: ChildProcess, { host, port }: RedisProcessOptions): Promise<void> {
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-OUTPUT_KEPT);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      reject(new Error(`redis-server did not start on port ${port}:\n${output}`));
    });
  });
  const deadline = Date.now() + READY_WITHIN;
  const answers = async (): Promise<void> => {
    // Its own word comes first: on a taken port somebody else might answer the PING.
    while (!(READY.test(output) && (await ping(host, port)))) {
      if (Date.now() > deadline) {
        throw new Error(`redis-server on port ${port} does not answer:\n${output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_EVERY));
    }
  };
  await Promise.race([answers(), failed]);
}

async function ping(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    socket.end('PING\r\n');
    const [reply] = (await once(socket, 'data')) as [Buffer];
    return /^(\+PONG|-NOAUTH)/.test(reply.toString());
  } catch {
    // Refused: not there yet, and the caller asks again.
    return false;
  } finally {
    socket.destroy();
  }
}

/** Lets the process that started the server end without waiting for it; output is still read, and dropped. */
function release(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.removeAllListeners('data').resume();
    unrefStream(stream);
  }
}

function unrefStream(stream: unknown): void {
  (stream as { unref?: () => void } | null)?.unref?.();
}
