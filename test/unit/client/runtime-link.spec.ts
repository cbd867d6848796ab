import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RuntimeClient, type RuntimeSource } from '../../../lib/client/index.js';
import { resolveOptions } from '../../../lib/config/index.js';
import { FakeRuntime } from '../fake-runtime.js';

const clientOf = (runtime: FakeRuntime, more: Partial<RuntimeSource> = {}): RuntimeClient =>
  new RuntimeClient({
    options: resolveOptions({}, {}),
    create: () => Promise.resolve(runtime),
    ...more,
  });

describe('the way to the runtime', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('keeps the order of calls that wait for one connection', async () => {
    const runtime = new FakeRuntime();
    const client = clientOf(runtime);
    let connected = (): void => undefined;
    runtime.connecting = new Promise((resolve) => (connected = resolve));
    const sent = [1, 2, 3].map((id) => client.enqueue('task', id));
    await vi.advanceTimersByTimeAsync(100);
    expect(runtime.tasks).toEqual([]);
    connected();
    await Promise.all(sent);
    expect(runtime.tasks.map(({ data }) => data)).toEqual([1, 2, 3]);
    expect(runtime.connects).toBe(1);
  });

  it('waits no longer than a message may take, then goes on for the next one', async () => {
    const runtime = new FakeRuntime();
    const client = clientOf(runtime);
    let connected = (): void => undefined;
    runtime.connecting = new Promise((resolve) => (connected = resolve));
    const health = { ...(await runtime.health()), reason: 'no route' };
    vi.spyOn(runtime, 'health').mockResolvedValue(health);
    const late = failureOf(client.enqueue('task'));
    const sooner = failureOf(client.request('get', {}, { timeout: 100 }));
    await vi.advanceTimersByTimeAsync(100);
    expect(await sooner).toMatchObject({ message: 'no connection within 100 ms: no route' });
    await vi.advanceTimersByTimeAsync(4_900);
    expect(await late).toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      outcome: 'not-sent',
      retryable: true,
    });
    connected();
    await client.enqueue('task');
    expect(runtime.connects).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tries again after a connection that failed', async () => {
    const runtime = new FakeRuntime();
    const client = clientOf(runtime);
    runtime.connecting = Promise.reject(new Error('refused'));
    await expect(client.enqueue('task')).rejects.toThrow('refused');
    expect(await client.health()).toMatchObject({ status: 'down' });
    runtime.connecting = Promise.resolve();
    await client.enqueue('task');
    expect(runtime.tasks).toHaveLength(1);
  });

  it('tries again after a runtime that could not be made', async () => {
    const runtime = new FakeRuntime();
    let broken = true;
    const client = clientOf(runtime, {
      create: () => (broken ? Promise.reject(new Error('no ioredis')) : Promise.resolve(runtime)),
    });
    await expect(client.enqueue('task')).rejects.toThrow('no ioredis');
    broken = false;
    await client.enqueue('task');
    expect(runtime.tasks).toHaveLength(1);
  });

  it('closes once; calls that wait for a connection learn it at once', async () => {
    const runtime = new FakeRuntime();
    const client = clientOf(runtime);
    runtime.connecting = new Promise(() => undefined);
    const waiting = failureOf(client.enqueue('task'));
    await Promise.all([client.close(), client.close()]);
    expect(await waiting).toMatchObject({ code: 'CLOSED' });
    expect(runtime.closes).toBe(1);
  });

  it('opens nothing after a close, and closes what it shares', async () => {
    const runtime = new FakeRuntime();
    const unused = clientOf(runtime);
    await unused.close();
    await expect(unused.enqueue('task')).rejects.toMatchObject({ code: 'CLOSED' });
    expect([runtime.connects, runtime.closes]).toEqual([0, 0]);
    const sharing = clientOf(runtime, { shared: runtime });
    await sharing.close();
    expect(runtime.closes).toBe(1);
  });

  it('unwraps to the runtime once it is connected', async () => {
    const runtime = new FakeRuntime();
    const client = clientOf(runtime);
    expect(() => client.unwrap()).toThrow(/call connect\(\) first/);
    await client.connect();
    expect(client.unwrap()).toBe(runtime);
  });
});

const failureOf = (sending: Promise<unknown>): Promise<unknown> =>
  sending.then(
    () => expect.fail('it was sent'),
    (error: unknown) => error,
  );
