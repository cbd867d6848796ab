import { firstValueFrom, toArray } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { RuntimeClient, type RuntimeSource } from '../../../lib/client/index.js';
import { resolveOptions } from '../../../lib/config/index.js';
import { ClosedError } from '../../../lib/errors/index.js';
import { FakeRuntime } from '../fake-runtime.js';
import { eventually } from '../../support/eventually.js';

const clientOf = (runtime: FakeRuntime, more: Partial<RuntimeSource> = {}): RuntimeClient =>
  new RuntimeClient({
    options: resolveOptions({}, {}),
    create: () => Promise.resolve(runtime),
    ...more,
  });

describe('a client', () => {
  let runtime: FakeRuntime;
  let client: RuntimeClient;
  beforeEach(() => {
    runtime = new FakeRuntime();
    client = clientOf(runtime);
  });

  it('hands tasks on with durations in milliseconds and a complete back-off', async () => {
    const options = {
      key: 'ann',
      delay: '10s',
      dedupeId: 'order-1',
      attempts: 3,
      backoff: { type: 'fixed', delay: '2s' },
      timeout: '1m',
      headers: { from: 'test' },
    } as const;
    expect(await client.enqueue('create', { id: 1 }, options)).toEqual({
      id: 'create:1',
      duplicate: false,
    });
    await client.enqueue('bare');
    await client.enqueue('undefined', 1, { key: undefined });
    expect(runtime.tasks).toEqual([
      {
        name: 'create',
        data: { id: 1 },
        options: {
          ...options,
          delay: 10_000,
          timeout: 60_000,
          backoff: { type: 'fixed', delay: 2_000, max: 60_000, jitter: 0.5 },
        },
      },
      { name: 'bare', data: undefined },
      { name: 'undefined', data: 1, options: {} },
    ]);
    expect(runtime.connects).toBe(1);
  });

  it('hands batches, events, requests and cancels on', async () => {
    await client.enqueueMany([{ name: 'a' }, { name: 'b', data: 1, options: { delay: '1s' } }]);
    await client.publish('event', 2, { headers: { x: 'y' } });
    await client.publish('bare');
    expect(await client.cancel('create:1')).toBe('removed');
    expect(runtime.tasks.map(({ name, options }) => [name, options?.delay])).toEqual([
      ['a', undefined],
      ['b', 1_000],
    ]);
    expect(runtime.events).toEqual([
      ['event', 2, { headers: { x: 'y' } }],
      ['bare', undefined, undefined],
    ]);
    expect(runtime.cancelled).toEqual(['create:1']);
  });

  it('resolves a request to its last value, or rejects with its error', async () => {
    const { signal } = new AbortController();
    const reply = client.request('get', { id: 1 }, { timeout: '2s', mode: 'fast', signal });
    const failing = client.request('get');
    await eventually(() => expect(runtime.requests).toHaveLength(2));
    const [first, second] = runtime.requests;
    expect(first).toMatchObject({ name: 'get', data: { id: 1 } });
    expect(first?.options).toEqual({ timeout: 2_000, mode: 'fast', signal });
    expect(second?.options).toEqual({});
    void first?.observer.next(1);
    void first?.observer.next(2);
    first?.observer.complete();
    second?.observer.error(new ClosedError());
    expect(await reply).toBe(2);
    await expect(failing).rejects.toThrow(ClosedError);
  });

  it.each([
    ['delay', { delay: -1 }, 'INVALID_OPTIONS'],
    ['delay', { delay: 'soon' }, 'INVALID_OPTIONS'],
    ['timeout', { timeout: NaN }, 'INVALID_OPTIONS'],
    ['attempts', { attempts: 0 }, 'INVALID_OPTIONS'],
    ['attempts', { attempts: '3' }, 'INVALID_OPTIONS'],
    ['backoff', { backoff: 5 }, 'INVALID_OPTIONS'],
    ['backoff.max', { backoff: { max: 'x' } }, 'INVALID_OPTIONS'],
    ['backoff.base', { backoff: { base: 1 } }, 'INVALID_OPTIONS'],
    ['headers', { headers: { x: 1 } }, 'INVALID_OPTIONS'],
    ['headers', { headers: ['x'] }, 'INVALID_OPTIONS'],
    ['priority', { priority: 1 }, 'INVALID_OPTIONS'],
    ['toString', { toString: 1 }, 'INVALID_OPTIONS'],
    ['the last argument', null, 'INVALID_OPTIONS'],
    ['the last argument', 'high', 'INVALID_OPTIONS'],
    ['the key', { key: '' }, 'INVALID_NAME'],
    ['the key', { key: 5 }, 'INVALID_NAME'],
    ['the dedupeId', { dedupeId: 'x'.repeat(256) }, 'INVALID_NAME'],
  ])('refuses a task with a bad %s (%j) before it sends anything', async (what, options, code) => {
    const refused = client.enqueue('create', {}, options as object);
    await expect(refused).rejects.toMatchObject({
      code,
      outcome: 'not-sent',
      message: expect.stringContaining(what) as string,
    });
    const batch = [{ name: 'a' }, { name: 'b', options: options as object }];
    await expect(client.enqueueMany(batch)).rejects.toMatchObject({ code });
    expect(runtime.connects).toBe(0);
  });

  it('refuses bad options of requests, events and batches', async () => {
    const refusals = [
      client.request('get', {}, { timeout: 0 }),
      client.request('get', {}, { mode: 'slow' as 'fast' }),
      client.request('get', {}, { signal: {} as AbortSignal }),
      client.request('get', {}, { delay: 1 } as object),
      client.publish('event', {}, { durable: true } as object),
    ];
    for (const refused of refusals) {
      await expect(refused).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    }
    for (const batch of ['no list', [null], undefined]) {
      await expect(client.enqueueMany(batch as never)).rejects.toMatchObject({
        code: 'INVALID_BATCH',
      });
    }
    expect(runtime.connects).toBe(0);
  });

  it("sends in Nest's way: cold requests with every value, hot events, patterns as Nest has them", async () => {
    const replies = client.send<number>({ b: 1, a: 'x' }, 'data');
    expect(runtime.requests).toHaveLength(0);
    const values = firstValueFrom(replies.pipe(toArray()));
    await eventually(() => expect(runtime.requests).toHaveLength(1));
    const [request] = runtime.requests;
    expect(request?.name).toBe('{"a":"x","b":1}');
    void request?.observer.next(1);
    void request?.observer.next(undefined);
    request?.observer.complete();
    expect(await values).toEqual([1, undefined]);

    const subscription = client.send('get', {}).subscribe();
    await eventually(() => expect(runtime.requests).toHaveLength(2));
    subscription.unsubscribe();
    expect(runtime.requests[1]?.givenUp).toBe(true);

    client.emit('event', 1);
    await eventually(() => expect(runtime.events).toEqual([['event', 1, undefined]]));
  });

  it("carries Nest's packet metadata as headers", async () => {
    client.setOnDispatchHook((packet) => {
      packet.metadata = { traceparent: '00-1' };
    });
    client.emit('event', 1);
    await eventually(() =>
      expect(runtime.events).toEqual([['event', 1, { headers: { traceparent: '00-1' } }]]),
    );
  });

  it("fulfils Nest's publish(packet, callback), errors included", async () => {
    const early: unknown[] = [];
    client.publish({ pattern: 'get', data: 1 }, (packet) => early.push(packet.err));
    expect(early).toMatchObject([{ code: 'CLOSED' }]);

    await client.connect();
    const packets: unknown[] = [];
    const stop = client.publish({ pattern: 'get', data: 1 }, (packet) => packets.push(packet));
    void runtime.requests[0]?.observer.next('a');
    runtime.requests[0]?.observer.complete();
    expect(packets).toEqual([{ response: 'a' }, { isDisposed: true }]);
    stop();
    expect(runtime.requests[0]?.givenUp).toBe(true);
  });

  it('tells listeners that came before the first connection', async () => {
    const seen: unknown[] = [];
    const states: unknown[] = [];
    client.on('gap', (gap) => seen.push(gap));
    client.status.subscribe((state) => states.push(state));
    await client.connect();
    runtime.emit('gap', { at: 1 });
    runtime.emit('link', 'up');
    runtime.emit('link', 'down');
    expect(seen).toEqual([{ at: 1 }]);
    expect(states).toEqual(['connected', 'disconnected']);
  });

  it('shows a dead letter whose payload cannot be decoded', async () => {
    runtime.letters = [
      {
        entry: '1-0',
        envelope: { unique: 'u-1', address: 't:create' },
        payload: Buffer.from('{'),
        reason: 'undecodable',
        error: { name: 'CodecError', message: 'no JSON' },
        consumer: 'c',
        diedAt: 5,
      },
    ];
    expect(await client.deadLetters.list()).toEqual([
      {
        entry: '1-0',
        id: 'create:u-1',
        name: 'create',
        kind: 'task',
        key: undefined,
        data: undefined,
        payload: Buffer.from('{'),
        headers: {},
        reason: 'undecodable',
        error: { name: 'CodecError', message: 'no JSON' },
        attempts: 0,
        lost: 0,
        consumer: 'c',
        enqueuedAt: undefined,
        diedAt: new Date(5),
      },
    ]);
    expect(await client.deadLetters.replay(['1-0'])).toBe(1);
    expect(await client.deadLetters.drop(['1-0', '2-0'])).toBe(2);
  });
});
