import { describe, expect, it } from 'vitest';
import { HANDLER_EXTRAS, resolveOptions, type BrokerOptions } from '../../../lib/config/index.js';
import {
  BackendRefusedError,
  BackendUnavailableError,
  DuplicateHandlerError,
  InvalidConfigError,
} from '../../../lib/errors/index.js';
import { BrokerServer } from '../../../lib/server/index.js';
import { FakeRuntime } from '../fake-runtime.js';

function serverOf(runtime = new FakeRuntime(), options: BrokerOptions = { mode: 'redis' }) {
  const lines: string[] = [];
  const say = (message: string): void => void lines.push(message);
  const log = { log: say, warn: say, error: say };
  const server = new BrokerServer({ runtime, log, options: resolveOptions(options, {}) });
  return { runtime, lines, server };
}

const call = (): number => 1;
const task = (name: string) => ({ kind: 'task', name, origin: `Orders.${name}`, call }) as const;
const listen = (server: BrokerServer): Promise<unknown> =>
  new Promise((resolve) => server.listen(resolve));

describe('the server', () => {
  it('starts when the app is ready and somebody wants it', async () => {
    const auto = serverOf();
    auto.server.addFound([task('create')]);
    await auto.server.ready(true);
    expect(auto.runtime.handled).toMatchObject([{ kind: 'task', name: 'create' }]);
    expect(await listen(auto.server)).toBeUndefined();
    await auto.server.ready(true);
    expect(auto.runtime.starts).toBe(1);
    expect(auto.lines).toEqual([
      expect.stringMatching(
        /^Broker "default" on redis:\/\/127\.0\.0\.1:6379\/0: .*, mode redis, strategy competing; 1 task \(create\)$/,
      ),
    ]);

    const classic = serverOf();
    await listen(classic.server);
    expect([classic.runtime.connects, classic.runtime.starts]).toEqual([1, 0]);
    await classic.server.ready(false);
    expect(classic.runtime.starts).toBe(1);

    const never = serverOf();
    await never.server.ready(false);
    expect(never.runtime.starts).toBe(0);
  });

  it('waits for the handlers of Nest where Nest registers them after the hooks', async () => {
    const { server, runtime } = serverOf();
    server.attach();
    await server.ready(true);
    expect(runtime.starts).toBe(0);
    server.addHandler('native', () => Promise.resolve(1));
    await server.ready(true);
    expect(runtime.handled.map(({ name }) => name)).toEqual(['native']);
    expect(runtime.starts).toBe(1);
  });

  it('hands a failed start to whoever wanted it', async () => {
    const runtime = new FakeRuntime();
    runtime.connecting = Promise.reject(new BackendRefusedError('wrong password'));
    const { server } = serverOf(runtime);
    await expect(server.ready(true)).rejects.toThrow('wrong password');
    expect(await listen(server)).toBeInstanceOf(BackendRefusedError);
  });

  it('starts a producer without a connection, but not handlers', async () => {
    const runtime = new FakeRuntime();
    runtime.connecting = Promise.reject(new BackendUnavailableError('nobody there'));
    const producer = serverOf(runtime);
    await producer.server.ready(true);
    expect(producer.lines).toEqual([
      'the broker "default" starts without a connection: nobody there',
      expect.stringContaining('sends only'),
    ]);
    const consumer = serverOf(runtime);
    consumer.server.addFound([task('create')]);
    await expect(consumer.server.ready(true)).rejects.toThrow('nobody there');
  });

  it('takes patterns of Nest, several events of one name, and no request twice', () => {
    const { server } = serverOf();
    server.addHandler({ b: 1, a: 2 }, () => Promise.resolve(1));
    server.addHandler('event', () => Promise.resolve(1), true);
    server.addHandler('event', () => Promise.resolve(1), true);
    expect([...server.getHandlers().keys()]).toEqual(['{"a":2,"b":1}', 'event']);
    expect(() => server.addHandler({ a: 2, b: 1 }, () => Promise.resolve(1))).toThrow(
      DuplicateHandlerError,
    );
    server.addFound([task('create')]);
    expect(() => server.addFound([task('create')])).toThrow(
      'the task "create" has two handlers: Orders.create and Orders.create',
    );
  });

  it('keeps our own handlers apart when Nest offers them', () => {
    const { server } = serverOf();
    const metadata = { kind: 'task', name: 'create', declaredOn: {} };
    server.addHandler('create', () => Promise.resolve(1), false, { [HANDLER_EXTRAS]: metadata });
    expect(server.offered).toMatchObject([{ metadata }]);
    expect(server.getHandlers().size).toBe(0);
  });

  it('refuses handlers once it takes work', async () => {
    const { server } = serverOf();
    await server.ready(true);
    expect(() => server.addHandler('late', () => Promise.resolve(1))).toThrow(InvalidConfigError);
  });

  it('hands on the strategy of the app, and says when another one stands above it', () => {
    const strategy = { route: () => undefined };
    const free = serverOf();
    free.server.provideStrategy(strategy);
    expect([free.runtime.provided, free.lines]).toEqual([[strategy], []]);
    const set = serverOf(new FakeRuntime(), { balancer: { strategy: 'weighted' } });
    set.server.provideStrategy(strategy);
    expect(set.runtime.provided).toEqual([strategy]);
    expect(set.lines).toEqual([
      'balancer.strategy is set, so what is provided under BALANCE_STRATEGY is not used',
    ]);
  });

  it('drains once, and tells how it is', async () => {
    const { server, runtime } = serverOf();
    const seen: unknown[] = [];
    server.status.subscribe((state) => seen.push(state));
    server.on('gap', (gap) => seen.push(gap));
    runtime.emit('link', 'up');
    runtime.emit('gap', { at: 1 });
    runtime.emit('link', 'down');
    await Promise.all([server.close(), server.close()]);
    expect(runtime.drains).toBe(1);
    expect(runtime.closes).toBe(0);
    expect(seen).toEqual(['connected', { at: 1 }, 'disconnected', 'draining', 'drained']);
    expect(server.unwrap()).toBe(runtime);
  });

  it('ends with an app that could not start, but leaves one alone that is being closed', async () => {
    const failed = serverOf();
    await failed.server.abandon();
    expect(failed.runtime.closes).toBe(1);
    const closing = serverOf();
    await closing.server.close();
    await closing.server.ready(true);
    await closing.server.abandon();
    expect([closing.runtime.starts, closing.runtime.closes]).toEqual([0, 0]);
  });
});
