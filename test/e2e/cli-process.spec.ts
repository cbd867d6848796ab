import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedRedis } from '../support/redis-server.js';
import { testClient } from '../support/test-app.js';
import { uniqueName } from '../support/unique-name.js';

const path = (relative: string): string =>
  fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const MAIN = path('dist/cli/main.js');

/** Begins a process of the command line as users have it. */
function begin(args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } });
  const told = { out: '', err: '' };
  child.stdout.on('data', (bytes: Buffer) => (told.out += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (told.err += bytes.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...told }));
  return { child, ended };
}

describe('the command line, as a process', () => {
  beforeAll(() => {
    execFileSync(process.execPath, [path('test/support/ensure-built.mjs')], { stdio: 'ignore' });
  }, 120_000);
  const environment = () => ({ REDIS_URL: sharedRedis().url, APP_NAME: uniqueName('cli') });

  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(path('package.json'), 'utf8')) as {
      version: string;
    };
    expect(await begin(['--version'], {}).ended).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('finds the app by the variables of the app, in either mode', async () => {
    const env = environment();
    const client = testClient({
      mode: 'redis',
      appName: env.APP_NAME,
      redis: { url: env.REDIS_URL },
    });
    const runs = await Promise.all([
      begin(['enqueue', 'a', '1', '--json'], env).ended,
      begin(['enqueue', 'a', '2', '--json'], { ...env, BROKER_MODE: 'hybrid' }).ended,
    ]);
    expect(runs.map(({ code, err }) => [code, err])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    expect((await client.stats()).names).toMatchObject([{ name: 'a', waiting: 2 }]);
  });

  it('says so, and ends, when Redis cannot be reached', async () => {
    const { code, out, err } = await begin(
      ['stats', '--redis', 'redis://user:secret@127.0.0.1:1'],
      {},
    ).ended;
    expect([code, out]).toEqual([3, '']);
    expect(err).toMatch(/BACKEND_UNAVAILABLE.*ECONNREFUSED/);
    expect(err).not.toContain('secret');
  });

  it('ends when nobody reads on, and by Ctrl-C', async () => {
    const env = environment();
    const [unread, stopped] = [
      begin(['top', '--interval', '100ms'], env),
      begin(['top', '--interval', '1h'], env),
    ];
    unread.child.stdout.once('data', () => unread.child.stdout.destroy());
    stopped.child.stdout.once('data', () => stopped.child.kill('SIGINT'));
    expect(await unread.ended).toMatchObject({ code: 0, err: '' });
    expect(await stopped.ended).toMatchObject({ code: 130, err: '' });
  });
});
