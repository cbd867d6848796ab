import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtainRedis } from './redis-program.js';
import { startProcess, type RedisProcess } from './redis-process.js';

export interface RedisServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Of the running server; another one after `restart()`. */
  readonly pid: number;
  /** Ends the server and removes its data. Can be called twice, and after `kill()`. */
  stop(): Promise<void>;
  /** Sends the signal; resolves when the server is gone, for SIGSTOP and SIGCONT at once. Data stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** The same server again on the same port, ended properly before if it still runs. Data stays with `appendonly`. */
  restart(): Promise<void>;
}

export interface RedisServerOptions {
  /** Further arguments of redis-server, the last word over all others. */
  readonly args?: readonly string[];
  /** A configuration file, for a Sentinel, which needs one it can write. */
  readonly config?: string;
  /** Keep data in an append-only file, so that it survives `restart()`; default false: nothing is kept. */
  readonly appendonly?: boolean;
  readonly port?: number;
  /** Where it keeps its files; default: a temporary folder, removed at the end. */
  readonly dir?: string;
}

const HOST = '127.0.0.1';
const START_ATTEMPTS = 10;
const FIRST_PORT = 20_000;
const PORTS = 10_000;

/**
 * A real Redis server of the caller's own on a loopback port, ready to answer. It ends with `stop()`,
 * and also when the calling process dies in any way.
 */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const program = obtainRedis();
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'nestjs-broker-redis-')));
  const remove = options.dir === undefined;
  const start = (port: number): Promise<RedisProcess> =>
    startProcess({
      program,
      host: HOST,
      port,
      dir,
      remove,
      args: argumentsOf(options),
      config: options.config,
    });

  const removeData = async (): Promise<void> => {
    if (remove) {
      await rm(dir, { recursive: true, force: true });
    }
  };

  let { port, running } = await onFreePort(start, options.port).catch(async (error: unknown) => {
    await removeData();
    throw error;
  });
  let stopped = false;
  return {
    host: HOST,
    port,
    url: `redis://${HOST}:${port}`,
    get pid() {
      return running.pid;
    },
    async stop() {
      stopped = true;
      await running.terminate();
      await removeData();
    },
    kill: (signal = 'SIGKILL') => running.kill(signal),
    async restart() {
      if (stopped) {
        throw new Error('This Redis server was stopped, its data is gone: start another one.');
      }
      await running.terminate();
      ({ port, running } = await onFreePort(start, port));
    },
  };
}

/**
 * The Redis for tests that do not need one of their own: the one `REDIS_URL` named, else the one the
 * vitest run started. Others use it at the same time, so choose a unique app name and never flush it.
 */
export function sharedRedis(): Pick<RedisServer, 'host' | 'port' | 'url'> {
  const url = process.env[SHARED_REDIS];
  if (url === undefined) {
    throw new Error('No shared Redis: only the vitest projects of test/vitest.config.ts have one.');
  }
  const { hostname, port } = new URL(url);
  return { url, host: hostname, port: port === '' ? 6379 : Number(port) };
}

/** The variable that carries the address of the shared server to the test processes. */
export const SHARED_REDIS = 'NESTJS_BROKER_TEST_REDIS_URL';

function argumentsOf({ appendonly = false, args = [] }: RedisServerOptions): string[] {
  return ['--save', '', '--appendonly', appendonly ? 'yes' : 'no', ...args];
}

/** Ports below the range systems give to outgoing connections, so that a restart finds its own free. */
async function onFreePort(
  start: (port: number) => Promise<RedisProcess>,
  wanted: number | undefined,
): Promise<{ port: number; running: RedisProcess }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted ?? (await freePort());
    try {
      return { port, running: await start(port) };
    } catch (error) {
      if (attempt === START_ATTEMPTS || !String(error).includes('Address already in use')) {
        throw error;
      }
    }
  }
}

/** A port that nobody listens on, for what a test starts by itself. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) {
      return port;
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, HOST, () => probe.close(() => resolve(true)));
  });
}
