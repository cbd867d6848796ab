import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Redis } from 'ioredis';
import { type BrokerContext, OnEvent, OnRequest, OnTask, UnrecoverableError } from 'nestjs-broker';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { sharedRedis } from '../support/redis-server.js';
import { brokerOptions, testApp, type TestApp } from '../support/test-app.js';
import { typed, type Ended } from '../support/typed.js';
import { uniqueName } from '../support/unique-name.js';

describe('the command line', () => {
  let app: string;
  let seen: Recorder<unknown>;
  const cli = async (...args: readonly string[]): Promise<Ended> =>
    await typed([...args, '--redis', sharedRedis().url, '--app', app]);
  const json = async <T>(...args: readonly string[]): Promise<T> => {
    const { code, out, err } = await cli(...args, '--json');
    expect([code, err]).toEqual([0, '']);
    return JSON.parse(out) as T;
  };

  async function worker(instanceName: string): Promise<TestApp> {
    @Controller()
    class Orders {
      @OnTask('orders.create')
      create(@Payload() data: unknown, @Ctx() { headers, key }: BrokerContext): void {
        seen.record([instanceName, data, headers, key]);
      }

      @OnTask('orders.fail')
      fail(): void {
        throw new UnrecoverableError('no \u001b[31mway');
      }

      @OnEvent('orders.created')
      created(@Payload() data: unknown): void {
        seen.record(data);
      }

      @OnRequest('orders.get')
      get(@Payload() query: unknown): unknown {
        if (query === 'bad') throw new Error('no such order');
        return { query, by: instanceName };
      }
    }
    const broker = brokerOptions('redis', { appName: app, instanceName });
    return await testApp({ broker, controllers: [Orders] });
  }

  beforeEach(() => {
    app = uniqueName('cli');
    seen = new Recorder();
  });

  it('sends tasks, events and requests, with payloads from anywhere', async () => {
    await worker('one');
    const added = await json<{ id: string; duplicate: boolean }>(
      ...['enqueue', 'orders.create', '{"id":1}', '--key', 'k', '--header', 'a=b=c'],
      ...['--dedupe-id', 'd', '--attempts', '2', '--delay', '1ms', '--timeout', '5s'],
    );
    expect(added).toMatchObject({ id: expect.stringContaining('orders.create'), duplicate: false });
    expect(await seen.count(1)).toEqual([['one', { id: 1 }, { a: 'b=c' }, 'k']]);
    const again = await cli('enqueue', 'orders.create', '--dedupe-id', 'd');
    expect([again.code, again.out]).toEqual([0, `${added.id} was there already\n`]);
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-broker-cli-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'event.json'), '{"type":"file"}');
    expect(await json('publish', 'orders.created', `@${join(folder, 'event.json')}`)).toEqual({
      name: 'orders.created',
      published: true,
    });
    await seen.count(2);
    const fromInput = [
      'publish',
      'orders.created',
      '-',
      '--redis',
      sharedRedis().url,
      '--app',
      app,
    ];
    expect((await typed(fromInput, '{"type":"input"}')).code).toBe(0);
    expect((await seen.count(3)).slice(1)).toEqual([{ type: 'file' }, { type: 'input' }]);
    expect(await json('request', 'orders.get', '42', '--mode', 'fast', '--timeout', '4s')).toEqual({
      query: 42,
      by: 'one',
    });
    const refused = await cli('request', 'orders.get', '"bad"');
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toContain('no such order');
    const nobody = await cli('request', 'nobody', '--json');
    expect([nobody.code, nobody.out]).toEqual([1, '']);
    expect(JSON.parse(nobody.err)).toMatchObject({
      error: { code: 'NO_HANDLER', outcome: 'not-sent', message: expect.any(String) },
    });
  });

  it('shows what waits and who works, and changes weights', async () => {
    const { broker } = await worker('one');
    await worker('two');
    await broker.enqueue('later', 1);
    await broker.enqueue('orders.create', 1);
    await seen.count(1);
    await eventually(async () =>
      expect(await json('stats')).toMatchObject({
        waiting: 1,
        running: 0,
        unclaimed: 1,
        deadLetters: 0,
        consumers: 2,
        counters: { added: 2, done: 1 },
      }),
    );
    expect((await cli('stats')).out).toMatch(/^Now\nwaiting +1\n/);
    const names = await json<{ name: string }[]>('queues');
    expect(names.find(({ name }) => name === 'orders.get')).toMatchObject({
      kind: 'request',
      consumers: 2,
      waiting: 0,
      running: 0,
    });
    expect((await cli('queues')).out).toMatch(/^KIND .*\n(.*\n)*task +later +- +1 /);
    expect(await json('weight', 'one', '7')).toMatchObject({
      instanceName: 'one',
      weight: 7,
      before: 1,
    });
    const [one, two] = await consumers();
    expect([one?.weight, two?.weight]).toEqual([7, 1]);
    expect((await cli('weight', two!.id, '0')).code).toBe(0);
    expect((await cli('consumers')).out).toMatch(/\ntwo +\S+ +drained +0 /);
    const many = await cli('weight', one!.id.slice(0, 3), '5');
    expect([many.code, many.err]).toEqual([1, expect.stringContaining('stands for 2 instances')]);
    expect(many.err).toContain(two!.id);
    const none = await cli('weight', 'three', '5');
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('running: ')]);
    expect((await cli('weight', 'one', '1001')).code).toBe(2);
    expect((await cli('weight', 'one', 'x')).code).toBe(2);
  });

  const consumers = async () => {
    const all =
      await json<{ id: string; instanceName: string; weight: number; paused: boolean }[]>(
        'consumers',
      );
    return all.toSorted((a, b) => (a.instanceName < b.instanceName ? -1 : 1));
  };

  it('pauses a queue of a service, and one instance', async () => {
    const { broker } = await worker('one');
    expect((await cli('pause')).code).toBe(0);
    await eventually(async () => expect((await broker.health()).paused).toEqual(['t:default']));
    expect(await json('pause', '--requests')).toMatchObject({ queue: 'default', requests: true });
    await eventually(async () => expect((await broker.health()).paused).toHaveLength(2));
    expect(await json('resume')).toMatchObject({ queue: 'default', paused: false });
    await eventually(async () => expect((await broker.health()).paused).toBeUndefined());
    expect((await cli('pause', '--service', 'other')).code).toBe(0);
    expect(await json('pause', '--instance', 'one')).toMatchObject({ paused: true });
    await eventually(async () => expect((await broker.health()).instancePaused).toBe(true));
    expect((await broker.health()).paused).toBeUndefined();
    expect((await consumers())[0]).toMatchObject({ paused: true, weight: 1 });
    expect((await cli('consumers')).out).toMatch(/\none +\S+ +paused +1 /);
    expect((await cli('resume', '--instance', 'one')).out).toMatch(
      /^the instance one .*resumed\n$/,
    );
    await eventually(async () => expect((await broker.health()).instancePaused).toBeUndefined());
    expect((await cli('pause', 'default', '--instance', 'one')).code).toBe(2);
    expect((await cli('pause', '--instance', 'none')).code).toBe(1);
  });

  it('shows dead letters, puts them back and drops them', async () => {
    const { broker } = await worker('one');
    const ids = await broker.enqueueMany(
      ['a', 'b', 'c', 'd'].map((data) => ({ name: 'orders.fail', data: `\u001b${data}` })),
    );
    type Letter = { entry: string; id: string; data: string; error: { message: string } };
    const letters = async () => await json<Letter[]>('dlq', 'list', '--name', 'orders.fail');
    await eventually(async () => expect(await letters()).toHaveLength(4));
    const [first, second] = await letters();
    expect(first).toMatchObject({
      data: expect.stringContaining('\u001b'),
      reason: 'unrecoverable',
    });
    expect(await json('dlq', 'list', '--limit', '3')).toHaveLength(3);
    expect(await json('dlq', 'list', '--name', 'other')).toEqual([]);
    const listed = await cli('dlq', 'list');
    expect(listed.out).toContain('no \\u001b[31mway');
    const shown = await cli('dlq', 'show', first!.entry);
    expect([shown.code, shown.out]).toEqual([0, expect.stringContaining(first!.id)]);
    expect(listed.out + shown.out).not.toContain('\u001b');
    expect(await json('dlq', 'show', second!.entry)).toMatchObject({ id: second!.id, attempts: 1 });
    expect(ids.map(({ id }) => id)).toContain(first!.id);
    expect(await json('dlq', 'drop', first!.entry)).toEqual({ dropped: 1, missing: [] });
    for (const args of [['show'], ['replay'], ['drop']]) {
      const gone = await cli('dlq', ...args, first!.entry);
      expect([gone.code, gone.err]).toEqual([1, expect.stringContaining(first!.entry)]);
    }
    const half = await cli('dlq', 'replay', second!.entry, 'nonsense');
    expect([half.code, half.out]).toEqual([1, '1 replayed\n']);
    await eventually(async () => expect(await letters()).toHaveLength(3));
    expect((await letters()).some(({ entry }) => entry === second!.entry)).toBe(false);
    expect(await json('dlq', 'replay', '--all', '--name', 'orders.fail')).toMatchObject({
      replayed: 3,
    });
    await eventually(async () => expect(await letters()).toHaveLength(3));
    for (const args of [
      ['drop'],
      ['drop', '--all'],
      ['drop', 'x', '--name', 'y'],
      ['list', '--limit', '0'],
    ]) {
      expect((await cli('dlq', ...args)).code).toBe(2);
    }
    expect(await json('dlq', 'drop', '--all', '--yes')).toMatchObject({ dropped: 3 });
    expect(await letters()).toEqual([]);
  });

  it('shows frames, with rates from the second on', async () => {
    await worker('one');
    const { code, out } = await cli('top', '--count', '2', '--interval', '100ms');
    expect(code).toBe(0);
    expect(out.match(/^KIND +NAME /gm)).toHaveLength(2);
    expect(out).toMatch(/done -\/s[^]*done 0\/s/);
    expect(out).toMatch(/\none +\S+ +active /);
    for (const args of [['--interval', '1ms'], ['--interval', 'x'], ['--count', '0'], ['--json']]) {
      expect((await cli('top', ...args)).code).toBe(2);
    }
  });

  it('looks with the rights of one who reads only', async () => {
    await worker('one');
    const redis = new Redis(sharedRedis().url);
    onTestFinished(() => redis.disconnect());
    const user = uniqueName('reader');
    const rights = ['+@read', '+@connection', '+@scripting', '+info', '+time', '+client'];
    await redis.call('ACL', 'SETUSER', user, 'on', '>secret', '~*', '&*', ...rights);
    const url = Object.assign(new URL(sharedRedis().url), { username: user, password: 'secret' });
    const { code, err, out } = await typed(['queues', '--redis', url.href, '--app', app]);
    await redis.call('ACL', 'DELUSER', user);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('orders.create');
  });

  it('leaves nothing in Redis by looking', async () => {
    for (const args of [
      ['stats'],
      ['queues'],
      ['consumers'],
      ['dlq', 'list'],
      ['top', '--count', '1'],
    ]) {
      expect((await cli(...args)).code).toBe(0);
    }
    const redis = new Redis(sharedRedis().url);
    onTestFinished(() => redis.disconnect());
    expect(await redis.keys(`*${app}*`)).toEqual([]);
  });

  it('refuses what cannot be, and says what can', async () => {
    const bad: readonly (readonly [readonly string[], RegExp])[] = [
      [['enqueue', 'a', '{'], /no JSON.*@file/],
      [['enqueue', 'a', '@/not/there'], /cannot be read/],
      [['enqueue', 'a', '1', '--delay', 'soon'], /INVALID_OPTIONS.*delay/],
      [['enqueue', 'a', '1', '--attempts', 'x'], /--attempts is "x"/],
      [['enqueue', ''], /INVALID_NAME/],
      [['publish', 'a', '1', '--header', 'x'], /name=text/],
      [['request', 'a', '1', '--mode', 'slow'], /INVALID_OPTIONS.*reliable or fast/],
      [['pause', ''], /INVALID_NAME/],
    ];
    for (const [args, message] of bad) {
      const { code, out, err } = await cli(...args);
      expect([args, code, out]).toEqual([args, 2, '']);
      expect(err).toMatch(message);
    }
    const memory = await typed(['stats']);
    expect([memory.code, memory.err]).toEqual([2, expect.stringContaining('BROKER_MODE=redis')]);
    const bare = await typed([]);
    expect([bare.code, bare.out, bare.err]).toEqual([2, '', expect.stringContaining('dlq replay')]);
  });
});
