import { beforeEach, describe, expect, it } from 'vitest';
import type { Delivery, Reader, Undecodable } from '../../../lib/backend/index.js';
import { CodecError } from '../../../lib/errors/index.js';
import type { Address } from '../../../lib/message/index.js';
import { ConsumerLoop } from '../../../lib/runtime/consumer-loop.js';
import type { Pool } from '../../../lib/runtime/pools.js';
import { Slots } from '../../../lib/runtime/slots.js';
import { delivery } from './delivery.js';
import { ManualReader, turn } from './manual-reader.js';

const A: Address = 't:a';
const B: Address = 't:b';

describe('ConsumerLoop', () => {
  let reader: ManualReader;
  let delivered: Delivery[];
  let surplus: Delivery[];
  let undecodable: Undecodable[];
  let errors: unknown[];
  let repairs: number;
  /** What a repair, and the pause after an error, wait for. */
  let repairing: Promise<void>;

  beforeEach(() => {
    reader = new ManualReader();
    [delivered, surplus, undecodable, errors, repairs] = [[], [], [], [], 0];
    repairing = Promise.resolve();
  });

  async function start(
    slots: Slots,
    addresses: readonly Address[] = [A, B],
  ): Promise<ConsumerLoop> {
    const pool: Pool = {
      name: 't:default',
      kind: 'task',
      slots,
      names: addresses.map((address) => ({ address, group: 't:default' })),
      queue: { tasks: 1, requests: 1 },
    };
    const loop = new ConsumerLoop({
      reader,
      pool,
      onDelivery: (one) => delivered.push(one),
      onSurplus: (one) => surplus.push(one),
      onUndecodable: (one) => undecodable.push(one),
      onDisplaced: async () => {
        repairs += 1;
        await repairing;
      },
      onError: async (error) => {
        errors.push(error);
        await repairing;
      },
    });
    loop.start();
    loop.start();
    await turn();
    return loop;
  }

  const some = (count: number, address: Address = A): Delivery[] =>
    Array.from({ length: count }, () => delivery(address));

  it('asks for no more than there is room for, in all and of each name', async () => {
    const slots = new Slots(3, new Map([[B, 1] as const]));
    await start(slots);
    expect(reader.fetches).toHaveLength(1);
    let room = 3;
    for (const address of [A, B]) {
      const { total, wants } = reader.last;
      expect(total).toBeLessThanOrEqual(room);
      expect(total).toBeGreaterThan(0);
      expect(wants.find((want) => want.address === B)?.limit).toBe(1);
      await reader.last.bring({ deliveries: some(1, address) });
      room -= 1;
    }
    expect(reader.last.total).toBe(1);
    expect(reader.last.wants.find((want) => want.address === B)?.limit).toBe(0);
    expect(delivered).toHaveLength(2);
  });

  it('reads nothing while it is paused, and gives back what was on its way', async () => {
    const loop = await start(new Slots(3, new Map()));
    const first = reader.last;
    reader.wake = () => undefined;
    loop.pause(true);
    loop.pause(true);
    await first.bring({ deliveries: some(2) });
    expect([delivered.length, surplus.length, reader.fetches.length]).toEqual([0, 2, 1]);
    loop.pause(false);
    await turn();
    expect(reader.fetches).toHaveLength(2);
    await reader.last.bring({ deliveries: some(1) });
    expect(delivered).toHaveLength(1);
  });

  it('can be stopped while it is paused', async () => {
    const loop = await start(new Slots(1, new Map()));
    loop.pause(true);
    await turn();
    await loop.stop();
    expect([reader.closed, reader.fetches.length]).toEqual([true, 1]);
  });

  it('is broken, and says why, when what it was handed breaks it', async () => {
    const loop = await start(new Slots(1, new Map()));
    expect(loop.broken).toBe(false);
    await reader.last.bring({ deliveries: undefined });
    expect(loop.broken).toBe(true);
    expect(errors).toEqual([expect.any(TypeError)]);
  });

  it('reads nothing while there is no place, and goes on when there is one', async () => {
    const slots = new Slots(1, new Map());
    await start(slots);
    await reader.last.bring({ deliveries: some(1) });
    expect([reader.fetches.length, slots.free]).toEqual([1, 0]);
    slots.give(A);
    await turn();
    expect([reader.fetches.length, reader.last.total]).toEqual([2, 1]);
  });

  it('reads the next ones while the first are handled', async () => {
    await start(new Slots(10, new Map()));
    await reader.last.bring({ deliveries: some(4) });
    expect([delivered.length, reader.fetches.length]).toEqual([4, 2]);
    expect(reader.last.total).toBeLessThanOrEqual(6);
  });

  it('gives back what there is no place for', async () => {
    await start(new Slots(4, new Map([[B, 1] as const])));
    const brought = [...some(3, B), ...some(4, A)];
    await reader.last.bring({ deliveries: brought });
    expect(delivered).toEqual([brought[0], brought[3], brought[4], brought[5]]);
    expect(surplus).toEqual([brought[1], brought[2], brought[6]]);
  });

  it('hands on what cannot be read, beside what can', async () => {
    await start(new Slots(4, new Map()));
    const entry = { lease: { source: 's', token: '1' }, error: new CodecError('damaged') };
    await reader.last.bring({ deliveries: some(1), undecodable: [entry] });
    expect([delivered.length, undecodable]).toEqual([1, [entry]]);
  });

  it('repairs its place before it reads again', async () => {
    let repaired = (): void => undefined;
    repairing = new Promise((resolve) => (repaired = resolve));
    await start(new Slots(4, new Map()));
    await reader.last.bring({ deliveries: some(1), displaced: true });
    expect([delivered.length, repairs, reader.fetches.length]).toEqual([1, 1, 1]);
    repaired();
    await turn();
    await turn();
    expect(reader.fetches).toHaveLength(2);
  });

  it('reports a failed read, and reads again after a rest', async () => {
    let rested = (): void => undefined;
    repairing = new Promise((resolve) => (rested = resolve));
    await start(new Slots(4, new Map()));
    const failure = new Error('wrong type');
    await reader.last.fail(failure);
    expect([errors, reader.fetches.length]).toEqual([[failure], 1]);
    rested();
    await turn();
    await turn();
    expect(reader.fetches).toHaveLength(2);
  });

  it('wakes the reader when a name has room again', async () => {
    const loop = await start(new Slots(4, new Map()));
    loop.refresh();
    await turn();
    await turn();
    expect([reader.wakes, reader.fetches.length]).toEqual([1, 2]);
  });

  it('reads lanes only while it is drained, from the read under way on', async () => {
    const loop = await start(new Slots(4, new Map()));
    const flags = (): (boolean | undefined)[] => reader.fetches.map(({ lanesOnly }) => lanesOnly);
    expect(flags()).toEqual([false]);
    for (const drained of [true, true, false]) {
      loop.drain(drained);
      await turn();
      await turn();
    }
    expect([flags(), reader.wakes]).toEqual([[false, true, false], 2]);
  });

  it('gives back what a read brings that waited when it was drained, but for its lanes', async () => {
    const loop = await start(new Slots(4, new Map()));
    reader.wake = () => undefined;
    loop.drain(true);
    const [shared, routed] = [delivery(A), delivery(A, { routed: true })];
    await reader.last.bring({ deliveries: [shared, routed] });
    expect([delivered, surplus]).toEqual([[routed], [shared]]);
  });

  it('gives back what lies in its lanes when it is cleared, and goes on once that is done', async () => {
    const loop = await start(new Slots(1, new Map()));
    loop.pause(true);
    loop.drain(true);
    await turn();
    const clearing = loop.clear();
    await turn();
    expect(reader.last.lanesOnly).toBe(true);
    loop.pause(false);
    await reader.last.bring({ deliveries: [delivery(A, { routed: true })] });
    await clearing;
    expect([delivered.length, surplus.length]).toEqual([0, 1]);
    await turn();
    const fetches = reader.fetches.length;
    await reader.last.bring({ deliveries: [delivery(A, { routed: true })] });
    expect([delivered.length, reader.fetches.length]).toEqual([1, fetches]);
  });

  it('stops: gives back what was on its way, and hands nothing on afterwards', async () => {
    const slots = new Slots(4, new Map());
    const loop = await start(slots);
    const brought = some(2);
    // both in the same turn: the messages had left when it was stopped
    const bringing = reader.last.bring({ deliveries: brought });
    const stopping = loop.stop();
    await Promise.all([bringing, stopping]);
    expect([delivered, surplus]).toEqual([[], brought]);
    expect([reader.closed, reader.fetches.length, slots.free]).toEqual([true, 1, 4]);
  });

  it('stops while it waits for a message, or for a place', async () => {
    const waiting = await start(new Slots(4, new Map()));
    await waiting.stop();
    expect([reader.closed, reader.fetches.length]).toEqual([true, 1]);
    reader = new ManualReader();
    const slots = new Slots(1, new Map());
    slots.take(A);
    const full = await start(slots);
    await full.stop();
    slots.give(A);
    await turn();
    expect([reader.closed, reader.fetches.length]).toEqual([true, 0]);
  });

  it('lets the process live when its reader has nothing to wait for', async () => {
    let fetches = 0;
    const idle: Reader = {
      fetch: () => {
        fetches += 1;
        return Promise.resolve({ deliveries: [], undecodable: [], displaced: false });
      },
      wake: () => undefined,
      close: () => Promise.resolve(),
    };
    reader = idle as ManualReader;
    const loop = await start(new Slots(4, new Map()));
    for (let i = 0; i < 5; i += 1) await turn();
    await loop.stop();
    expect(fetches).toBeLessThan(20);
  });
});
