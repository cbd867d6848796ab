import { execFile, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { OnEvent, OnRequest, OnTask } from 'nestjs-broker';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Recorder } from '../support/recorder.js';
import { sharedRedis } from '../support/redis-server.js';
import { testApp, testClient } from '../support/test-app.js';
import { WireScene } from './wire-scene.js';

const SOURCES = fileURLToPath(new URL('../../sample/11-go-interop/go', import.meta.url));
const programs = readdirSync(SOURCES).map((name) => ({
  name,
  text: readFileSync(join(SOURCES, name, 'main.go'), 'utf8'),
}));
/** The tool chain, where there is one. */
const GO: string = 'go';
const hasGo = spawnSync(GO, ['version']).status === 0;

/** What Go-Broker exports, and these programs may use. */
const API = {
  broker: ['New', 'WithMaxJobs', 'WithLogger', 'WithStreamLength', 'Context'],
  app: ['Group', 'OnTask', 'OnEvent', 'OnRequest', 'Run', 'Close'].concat([
    'Enqueue',
    'Publish',
    'Request',
    'RequestFast',
  ]),
  users: ['OnTask', 'OnEvent', 'OnRequest'],
  c: ['Bind', 'Ctx'],
};

/** Runs to its end. */
const run = (command: string, args: readonly string[], cwd: string): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(command, args, { cwd, timeout: 240_000 }, (error, output, errors) => {
      if (error === null) resolve(output);
      else reject(new Error(`${command} ${args.join(' ')}: ${errors}`, { cause: error }));
    });
  });

/** The programs, built for these streams. */
async function build(orders: WireScene, users: WireScene): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-broker-go-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(SOURCES, folder, { recursive: true });
  const { host, port } = sharedRedis();
  for (const { name, text } of programs) {
    const own = text
      .replace('127.0.0.1:6379', `${host}:${port}`)
      .replace('"shop_orders", "orders"', `"${orders.stream}", "${orders.group}"`)
      .replace('"shop_users", "users"', `"${users.stream}", "${users.group}"`);
    writeFileSync(join(folder, name, 'main.go'), own);
  }
  await run(GO, ['mod', 'init', 'shop'], folder);
  await run(GO, ['get', 'github.com/mrjvadi/go-broker@latest'], folder);
  await run(GO, ['mod', 'tidy'], folder);
  await run(GO, ['build', '-o', '.', './...'], folder);
  return folder;
}

describe('the Go programs of the sample', () => {
  it.each(programs)('$name uses what Go-Broker has, and nothing else', ({ text }) => {
    expect(text).toContain('"github.com/mrjvadi/go-broker/broker"');
    for (const [object, known] of Object.entries(API)) {
      const used = [...text.matchAll(new RegExp(`\\b${object}\\.([A-Z]\\w*)`, 'g'))];
      expect(used.map(([, name = '']) => name).filter((name) => !known.includes(name))).toEqual([]);
    }
    expect(text).toMatch(/broker\.New\(rdb, "shop_(orders", "orders|users", "users)"/);
  });

  const talk = async (): Promise<void> => {
    const [orders, users] = [new WireScene(), new WireScene()];
    const booked = new Recorder<unknown>();
    const logins = new Recorder<unknown>();
    @Controller()
    class Orders {
      @OnTask('orders.create')
      create(@Payload() order: unknown): void {
        booked.record(order);
      }

      @OnRequest('orders.total')
      total(): { readonly cents: number } {
        return { cents: 1_999 };
      }

      @OnEvent('orders.login')
      login(@Payload() login: unknown): void {
        logins.record(login);
      }
    }
    const folder = await build(orders, users);
    await testApp({ broker: orders.options(), controllers: [Orders] });
    const total = 'total: {"cents":1999}\n';
    expect(await run(join(folder, 'client'), [], folder)).toBe(total + total);
    expect(await booked.next()).toEqual({ id: 'ORD-1', cents: 1_999 });
    expect(await logins.next()).toEqual({ username: 'Bob' });

    const broker = testClient(users.options());
    await broker.enqueue('users.mail', { to: 'mira@example.com' });
    const worker = spawn(join(folder, 'worker'), { stdio: ['ignore', 'ignore', 'pipe'] });
    onTestFinished(() => void worker.kill());
    const lines = new Recorder<string>();
    worker.stderr.on('data', (bytes: Buffer) => lines.record(String(bytes)));
    expect(await broker.request('users.GET_INFO', { id: 7 }, { timeout: '20s' })).toEqual({
      id: 7,
      email: 'user7@example.com',
    });
    expect(lines.all.join('')).toContain('mail to mira@example.com');
  };

  const tell = (): void => {
    console.warn('There is no Go here: the Go programs of sample/11-go-interop were not run.');
    expect(programs.map(({ name }) => name)).toEqual(['client', 'worker']);
  };

  // the name says in every report which of the two it was
  const what = hasGo ? 'talk to us, built with the Go of this machine' : 'are NOT RUN: no Go here';
  it(what, hasGo ? talk : tell, 300_000);
});
