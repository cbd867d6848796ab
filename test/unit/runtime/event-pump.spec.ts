import { beforeEach, describe, expect, it } from 'vitest';
import type { BusPort } from '../../../lib/backend/index.js';
import { encodeEvent } from '../../../lib/codec/index.js';
import { EventPump } from '../../../lib/runtime/event-pump.js';
import type { EventHandler } from '../../../lib/runtime/handler.js';
import { payloads } from './settings.js';

/** Handled at once, and what may wait behind that. */
const RUNNING = 1_000;
const WAITING = 10_000;

type Invoke = EventHandler['invoke'];

describe('EventPump', () => {
  let listeners: Map<string, Set<(message: Buffer) => void>>;
  let errors: unknown[];
  let drops: number[];
  let patterns: Map<string, Set<(name: string, message: Buffer) => void>>;
  let interrupted: Set<() => void>;
  let gaps: number;
  let pumps: EventPump[];
  /** A channel that cannot be subscribed to. */
  let refusing: string | undefined;

  beforeEach(() => {
    [listeners, errors, drops] = [new Map(), [], []];
    [patterns, interrupted, gaps, pumps, refusing] = [new Map(), new Set(), 0, [], undefined];
  });

  async function start(handlers: Readonly<Record<string, readonly Invoke[]>>): Promise<EventPump> {
    const bus: Omit<BusPort, 'publish' | 'publishEvent'> = {
      channel: (kind, name) => `${kind}/${name}`,
      subscribe: (channel, listener) => {
        if (channel === refusing) return Promise.reject(new Error(`${channel} is refused`));
        const all = listeners.get(channel) ?? new Set();
        listeners.set(channel, all.add(listener));
        return Promise.resolve(() => all.delete(listener));
      },
      subscribePattern: (pattern, listener) => {
        const all = patterns.get(pattern) ?? new Set();
        patterns.set(pattern, all.add(listener));
        return Promise.resolve(() => all.delete(listener));
      },
      onGap: (listener) => {
        interrupted.add(listener);
        return () => interrupted.delete(listener);
      },
    };
    const pump = new EventPump({
      bus: bus as BusPort,
      payloads,
      handlers: new Map(
        Object.entries(handlers).map(([name, list]) => [
          name,
          list.map((invoke) => ({ kind: 'event', name, invoke })),
        ]),
      ),
      consumerId: 'me',
      onError: (error) => errors.push(error),
      onDrop: (dropped) => drops.push(dropped),
      onGap: () => (gaps += 1),
    });
    pumps.push(pump);
    await pump.start();
    return pump;
  }

  const publish = (name: string, ...frames: readonly Uint8Array[]): void => {
    for (const listener of listeners.get(`event/${name}`) ?? []) listener(Buffer.concat(frames));
  };
  const frame = (data: unknown): Buffer => encodeEvent('u', JSON.stringify(data));
  const turn = async (): Promise<void> => await new Promise(setImmediate);

  it('hands every event of a joined message to every handler of its name', async () => {
    const seen: [string, unknown][] = [];
    await start({
      a: [(data) => void seen.push(['a1', data]), (data) => void seen.push(['a2', data])],
      b: [(data) => void seen.push(['b', data])],
    });
    publish('a', frame(1), frame(2));
    publish('b', frame(3));
    expect(seen).toEqual([
      ['a1', 1],
      ['a2', 1],
      ['a1', 2],
      ['a2', 2],
      ['b', 3],
    ]);
  });

  it('hands what a pattern stands for to its handlers, with the name it has', async () => {
    const seen: unknown[] = [];
    const note: Invoke = (data, { id, name }) => void seen.push([data, name, id]);
    await start({ 'orders.*': [note, note], 'orders.a': [note] });
    for (const listener of patterns.get('orders.*') ?? []) listener('orders.a', frame(1));
    publish('orders.a', frame(1));
    const once = [1, 'orders.a', 'orders.a:u'];
    expect(seen).toEqual([once, once, once]);
    expect([...listeners.keys(), ...patterns.keys()]).toEqual(['event/orders.a', 'orders.*']);
  });

  it('tells of gaps while it handles events', async () => {
    const pump = await start({ a: [() => undefined] });
    for (const tell of interrupted) tell();
    expect(gaps).toBe(1);
    await pump.stop();
    expect(interrupted.size).toBe(0);
  });

  it('has no gap where there is no handler of events', async () => {
    await start({});
    expect(interrupted.size).toBe(0);
  });

  it('takes back what was subscribed when a part of it fails', async () => {
    refusing = 'event/b';
    const some = { a: [() => undefined], b: [() => undefined], 'c.*': [() => undefined] };
    await expect(start(some)).rejects.toThrow('event/b is refused');
    await pumps[0]?.stop();
    expect(listeners.get('event/a')?.size).toBe(0);
    expect(patterns.get('c.*')?.size).toBe(0);
  });

  it('tells a handler what is known of the event', async () => {
    let context: Parameters<Invoke>[1] | undefined;
    await start({ 'user:new': [(_, told) => void (context = told)] });
    publish('user:new', encodeEvent('u-1', '1', { trace: 't' }));
    expect(context).toMatchObject({
      id: 'user:new:u-1',
      name: 'user:new',
      kind: 'event',
      attempt: 1,
      headers: { trace: 't' },
      payload: Buffer.from('1'),
      consumerId: 'me',
      key: undefined,
      deadline: undefined,
    });
    publish('user:new', frame(1));
    expect(context?.headers).toEqual({});
  });

  it('reports a handler that fails, and stops nobody else', async () => {
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    const seen: unknown[] = [];
    const pump = await start({
      a: [
        () => {
          throw thrown;
        },
        () => Promise.reject(rejected),
        (data) => void seen.push(data),
      ],
    });
    publish('a', frame(1));
    publish('a', frame(2));
    await pump.stop();
    expect([seen, errors]).toEqual([
      [1, 2],
      [thrown, thrown, rejected, rejected],
    ]);
  });

  it('reports what cannot be decoded, once for each handler', async () => {
    const seen: unknown[] = [];
    await start({ a: [(data) => void seen.push(data), (data) => void seen.push(data)] });
    publish('a', encodeEvent('u', '{'), frame(1));
    expect(errors).toMatchObject([{ code: 'CODEC' }, { code: 'CODEC' }]);
    expect(seen).toEqual([1, 1]);
  });

  it('runs so many at once, lets so many wait, and counts what it drops', async () => {
    const [seen, ends]: [unknown[], (() => void)[]] = [[], []];
    const pump = await start({
      a: [
        (data) => {
          seen.push(data);
          return new Promise<void>((resolve) => ends.push(resolve));
        },
      ],
    });
    const all = RUNNING + WAITING + 2;
    for (let i = 0; i < all; i += 1) publish('a', frame(i));
    expect([seen.length, drops, pump.dropped]).toEqual([RUNNING, [1, 2], 2]);
    ends[0]?.();
    await turn();
    expect([seen.length, seen.at(-1)]).toEqual([RUNNING + 1, RUNNING]);
    publish('a', frame('there is room for one again'));
    expect(pump.dropped).toBe(2);
    while (ends.length > 0) {
      for (const end of ends.splice(0)) end();
      await turn();
    }
    expect(seen).toHaveLength(all - 2 + 1);
    expect(seen.slice(0, all - 2)).toEqual([...Array(all - 2).keys()]);
  });

  it('leaves nothing waiting when handlers end at once that had to wait', async () => {
    const [seen, ends]: [unknown[], (() => void)[]] = [[], []];
    const pump = await start({
      slow: [() => new Promise<void>((resolve) => ends.push(resolve))],
      quick: [(data) => void seen.push(data)],
    });
    for (let i = 0; i < RUNNING; i += 1) publish('slow', frame(i));
    for (let i = 0; i < 5; i += 1) publish('quick', frame(i));
    expect(seen).toEqual([]);
    ends.shift()?.();
    await turn();
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    for (const end of ends) end();
    await pump.stop();
  });

  it('stops: nothing new, and it waits for what runs', async () => {
    let end: () => void = () => undefined;
    let started = 0;
    const pump = await start({
      a: [
        () => {
          started += 1;
          return new Promise<void>((resolve) => (end = resolve));
        },
      ],
    });
    publish('a', frame(1));
    let stopped = false;
    const stopping = pump.stop().then(() => (stopped = true));
    publish('a', frame(2));
    await turn();
    expect([started, stopped]).toEqual([1, false]);
    end();
    await stopping;
    expect(stopped).toBe(true);
  });

  it('waits no longer once it is aborted, and tells the handlers', async () => {
    const [signals, ends]: [AbortSignal[], (() => void)[]] = [[], []];
    const pump = await start({
      a: [
        (_, { signal }) => {
          signals.push(signal);
          return new Promise<void>((resolve) => ends.push(resolve));
        },
      ],
    });
    for (let i = 0; i < RUNNING + 5; i += 1) publish('a', frame(i));
    const stopping = pump.stop();
    pump.abort();
    await stopping;
    expect(signals.filter(({ aborted }) => aborted)).toHaveLength(RUNNING);
    expect(signals[0]?.reason).toMatchObject({ code: 'CANCELLED' });
    for (const end of ends) end();
    await turn();
    expect(signals).toHaveLength(RUNNING);
  });
});
