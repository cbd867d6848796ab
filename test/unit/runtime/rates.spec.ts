import { describe, expect, it } from 'vitest';
import { Rates } from '../../../lib/runtime/rates.js';
import { WorkerScene } from './worker-scene.js';

const NONE = { retried: 0, dead: 0, duplicates: 0, expired: 0, dropped: 0, lost: 0, stale: 0 };
const picture = (at: number, added: number, done: number) => ({
  at,
  counters: { ...NONE, added, done },
});

describe('rates', () => {
  it('are known from the second picture on, a second later at the earliest', () => {
    const rates = new Rates();
    expect(rates.take(picture(10_000, 5, 5))).toBeUndefined();
    expect(rates.take(picture(10_999, 50, 5))).toBeUndefined();
    expect(rates.take(picture(12_000, 105, 45))).toEqual({
      over: 1_001,
      added: 55_000 / 1_001,
      done: 40_000 / 1_001,
      retried: 0,
      dead: 0,
    });
  });

  it('are those of the last second, however often somebody asks', () => {
    const rates = new Rates();
    let last;
    for (let at = 0; at <= 5_000; at += 10) last = rates.take(picture(at, at < 3_000 ? at : 0, 0));
    expect(last).toMatchObject({ added: 0 });
    for (let at = 5_010; at <= 9_000; at += 10) last = rates.take(picture(at, at, at / 2));
    expect(last?.added).toBeCloseTo(1_000);
    expect(last?.done).toBeCloseTo(500);
    expect(last?.over).toBeLessThan(1_200);
  });

  it('do not reach over a new beginning', () => {
    const rates = new Rates();
    rates.take(picture(0, 1_000, 1_000));
    expect(rates.take(picture(5_000, 3, 0))).toBeUndefined();
    expect(rates.take(picture(6_000, 13, 0))).toMatchObject({ over: 1_000, added: 10 });
  });

  it('stand in the statistics of an instance', async () => {
    const scene = await WorkerScene.open();
    const { runtime } = await scene.instance();
    await runtime.connect();
    expect(await runtime.stats()).not.toHaveProperty('rates');
    await runtime.sender.enqueue([{ name: 'work', data: 1 }]);
    await scene.pass(2_000);
    expect((await runtime.stats()).rates).toMatchObject({ over: 2_000, added: 0.5, done: 0 });
  });
});
