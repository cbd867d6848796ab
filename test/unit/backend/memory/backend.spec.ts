import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Clock, type Member, systemClock } from '../../../../lib/backend/index.js';
import { hubs } from '../../../../lib/backend/memory/hubs.js';
import { MemoryBackend } from '../../../../lib/backend/memory/index.js';
import { tasks } from '../../../conformance/messages.js';
import { ManualClock } from '../../../support/manual-clock.js';
import { uniqueName } from '../../../support/unique-name.js';

const member: Member = {
  consumer: 'c',
  service: 's',
  instanceName: 'i',
  ttl: 60_000,
  names: [{ address: 't:a', group: 't:default' }],
  groups: [{ name: 't:default', rule: { strategy: 'competing', local: false } }],
  weight: 1,
  overflow: 'reject',
  maxWaiting: 10,
};

const want = { address: 't:a', limit: 1, group: 't:default' } as const;

async function connect(appName: string, clock?: Clock, prefix = 'p'): Promise<MemoryBackend> {
  const options = { prefix, appName, overflow: 'reject' } as const;
  const backend = new MemoryBackend(clock === undefined ? options : { ...options, clock });
  onTestFinished(() => backend.close());
  await backend.connect();
  return backend;
}

const waiting = async ({ inspector }: MemoryBackend): Promise<number> =>
  (await inspector.stats()).unclaimed;

describe('MemoryBackend', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('shares its state by prefix, app and clock', async () => {
    const [app, clock] = [uniqueName('app'), new ManualClock()];
    const backend = await connect(app);
    await backend.queue.add(tasks('a', 1));
    const found = [
      await connect(app),
      await connect(app, systemClock),
      await connect(app, { ...systemClock }),
      await connect(app, clock),
      await connect(uniqueName('app')),
      await connect(app, systemClock, 'other'),
    ].map(waiting);
    expect(await Promise.all(found)).toEqual([1, 1, 0, 0, 0, 0]);
  });

  it('shares it with another copy of the package', async () => {
    const app = uniqueName('app');
    const backend = await connect(app);
    await backend.queue.add(tasks('a', 1));
    vi.resetModules();
    const copy = await import('../../../../lib/backend/memory/index.js');
    expect(copy.MemoryBackend).not.toBe(MemoryBackend);
    const other = new copy.MemoryBackend({ prefix: 'p', appName: app, overflow: 'reject' });
    await other.connect();
    expect((await other.inspector.stats()).unclaimed).toBe(1);
    await other.close();
    expect(await waiting(backend)).toBe(1);
  });

  it('ends with the last one that closes', async () => {
    const app = uniqueName('app');
    const [first, second] = [await connect(app), await connect(app)];
    await first.queue.add(tasks('a', 1));
    await first.close();
    await first.close();
    expect(await waiting(second)).toBe(1);
    await second.close();
    expect(await waiting(await connect(app))).toBe(0);
  });

  it('cannot be used before it is connected', async () => {
    const backend = new MemoryBackend({
      prefix: 'p',
      appName: uniqueName('app'),
      overflow: 'reject',
    });
    expect(backend.link).toBe('down');
    await expect(backend.queue.promote()).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    await expect(backend.queue.reclaim()).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    await backend.close();
    await expect(backend.queue.promote()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('says once how its link has changed', async () => {
    const backend = new MemoryBackend({
      prefix: 'p',
      appName: uniqueName('app'),
      overflow: 'reject',
    });
    const states: string[] = [];
    backend.onLink((state) => states.push(state));
    const connecting = backend.connect();
    expect(states).toEqual([]);
    await connecting;
    await backend.connect();
    await backend.close();
    await backend.close();
    await new Promise(setImmediate);
    expect(states).toEqual(['up', 'down']);
  });

  it('fetches nothing through a closed reader', async () => {
    const { queue } = await connect(uniqueName('app'));
    await queue.join(member);
    const reader = queue.reader('c');
    await reader.close();
    await reader.close();
    await expect(reader.fetch(1, [])).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('does not keep the timers of the process waiting while a queue is worked off', async () => {
    const { queue } = await connect(uniqueName('app'));
    await queue.join(member);
    await queue.add(tasks('a', 256));
    let isDue = false;
    setTimeout(() => (isDue = true), 1);
    const reader = queue.reader('c');
    while (!isDue) {
      const { deliveries } = await reader.fetch(1, [want]);
      for (const delivery of deliveries) await queue.settle('c', delivery, { type: 'release' });
    }
    expect(isDue).toBe(true);
  });

  it('moves messages while a test holds time still', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { queue, inspector } = await connect(uniqueName('app'));
    await queue.join(member);
    await queue.add(tasks('a', 1));
    const fetched = await queue.reader('c').fetch(1, [want]);
    expect(fetched.deliveries).toHaveLength(1);
    expect(await inspector.ping()).toBe(0);
  });

  it('rotates strictly among names', async () => {
    const { queue } = await connect(uniqueName('app'));
    const names = ['t:a', 't:b', 't:c'].map((address) => ({ address, group: 't:default' }));
    await queue.join({ ...member, names });
    await queue.add([...tasks('a', 9), ...tasks('b', 9), ...tasks('c', 9)]);
    const reader = queue.reader('c');
    const wants = names.map((name) => ({ ...name, limit: 9 }));
    const taken: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { deliveries } = await reader.fetch(4, wants);
      taken.push(deliveries.map(({ envelope }) => envelope.address.slice(2)).join(''));
    }
    expect(taken).toEqual(['abca', 'bcab', 'cabc']);
  });

  it('takes no more of a name than it was told, its lane included', async () => {
    const { queue } = await connect(uniqueName('app'));
    await queue.join(member);
    await queue.add([...tasks('a', 2, { target: 'c' }), ...tasks('a', 5)]);
    const { deliveries } = await queue.reader('c').fetch(9, [{ ...want, limit: 4 }]);
    expect(deliveries.map(({ routed }) => routed)).toEqual([true, true, false, false]);
  });

  it('takes no room for lanes that others took over', async () => {
    const app = uniqueName('app');
    const { queue } = await connect(app);
    const rule = { strategy: 'round_robin', local: false } as const;
    const groups = [{ name: 't:default', rule }];
    await queue.join({ ...member, groups });
    await queue.add(tasks('a', 1));
    await queue.join({ ...member, groups, consumer: 'd' });
    const from = { share: false, olderThan: 0, count: 1 } as const;
    expect(await queue.takeOver('d', 't:default', from)).toBe(1);
    const hub = hubs.find({ prefix: 'p', appName: app }, systemClock);
    expect([...(hub?.streams.all() ?? [])].map(({ id }) => id)).toEqual(['lane:["d","t:default"]']);
  });

  it('takes no room for names whose messages are all settled', async () => {
    const app = uniqueName('app');
    const { queue } = await connect(app);
    const names = Array.from({ length: 50 }, (_, i) => `name ${i}`);
    const addresses = names.map((name) => `t:${name}`);
    const handled = addresses.map((address) => ({ address, group: 't:default' }));
    await queue.join({ ...member, names: handled });
    await queue.add(names.flatMap((name) => tasks(name, 2, { key: name })));
    const reader = queue.reader('c');
    for (let settled = 0; settled < 100;) {
      const wants = handled.map((name) => ({ ...name, limit: 10 }));
      const { deliveries } = await reader.fetch(10, wants);
      for (const delivery of deliveries) await queue.settle('c', delivery, { type: 'done' });
      settled += deliveries.length;
    }
    const hub = hubs.find({ prefix: 'p', appName: app }, systemClock);
    expect([...(hub?.streams.all() ?? [])]).toEqual([]);
    expect([...(hub?.holdings.all() ?? [])]).toEqual([]);
    expect([hub?.messages.size, hub?.gate.size]).toEqual([0, 0]);
  });

  it('ends the waiting fetch of a consumer that is evicted', async () => {
    const { queue } = await connect(uniqueName('app'));
    await queue.join(member);
    const fetching = queue.reader('c').fetch(1, [want]);
    await new Promise(setImmediate);
    await queue.evict('c', { leaving: true, lostLimit: 1 });
    expect(await fetching).toMatchObject({ displaced: true });
  });

  it('promotes at the very millisecond on its clock', async () => {
    const clock = new ManualClock();
    const { queue, inspector } = await connect(uniqueName('app'), clock);
    await queue.add(tasks('a', 1, { delay: 50 }));
    clock.advance(49);
    expect(await queue.promote()).toEqual({ now: clock.now(), nextDue: clock.now() + 1 });
    clock.advance(1);
    expect(await queue.promote()).toEqual({ now: clock.now() });
    expect((await inspector.stats()).unclaimed).toBe(1);
  });

  it('warns of what a listener throws if nobody wants to know', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const backend = await connect(uniqueName('app'));
    backend.onLink(() => {
      throw new Error('a listener failed');
    });
    await backend.bus.subscribe('channel', () => {
      // oxlint-disable-next-line typescript/only-throw-error -- users may
      throw 'no error at all';
    });
    await backend.bus.publish('channel', Buffer.from('x'));
    await new Promise(setImmediate);
    await backend.close();
    await new Promise(setImmediate);
    const messages = warn.mock.calls.map(([warning]) => (warning as Error).message);
    expect(messages).toEqual(['no error at all', 'a listener failed']);
  });
});
