import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Clock, createSystemClock } from '../../../lib/backend/clock.js';
import { ManualClock } from '../../support/manual-clock.js';

const DAY = 86_400_000;

describe('system clock', () => {
  let systemClock: Clock;

  beforeEach(() => {
    vi.useFakeTimers();
    systemClock = createSystemClock();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('calls back once, after the delay', () => {
    const ring = vi.fn<() => void>();
    systemClock.after(100, ring);
    vi.advanceTimersByTime(99);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  it('waits longer than one timer of Node can', () => {
    const ring = vi.fn<() => void>();
    systemClock.after(60 * DAY, ring);
    vi.advanceTimersByTime(60 * DAY - 1);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  it('can be cancelled, also in the second part of a long wait', () => {
    const ring = vi.fn<() => void>();
    const timer = systemClock.after(60 * DAY, ring);
    vi.advanceTimersByTime(40 * DAY);
    timer.cancel();
    timer.cancel();
    vi.advanceTimersByTime(40 * DAY);
    expect(ring).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has one timer of Node for all that wait equally long, and none that nobody needs for long', () => {
    const rings: number[] = [];
    const first = systemClock.after(5_000, () => rings.push(1));
    vi.advanceTimersByTime(10);
    const others = [2, 3, 4].map((n) => systemClock.after(4_999.5, () => rings.push(n)));
    expect(vi.getTimerCount()).toBe(1);
    first.cancel();
    others[1]?.cancel();
    vi.advanceTimersByTime(4_999);
    expect(rings).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(rings).toEqual([2, 4]);
    systemClock.after(5_000, () => rings.push(5));
    vi.advanceTimersByTime(5_000);
    expect(rings).toEqual([2, 4, 5]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps its word when a call sets the same time again, cancels a neighbour, or throws', () => {
    const rings: string[] = [];
    systemClock.after(50_000, () => {
      rings.push('first');
      neighbour.cancel();
      systemClock.after(50_000, () => rings.push('again'));
      throw new Error('thrown by a callback');
    });
    const neighbour = systemClock.after(50_000, () => rings.push('cancelled'));
    systemClock.after(50_000, () => rings.push('last'));
    expect(() => vi.advanceTimersByTime(50_000)).toThrow('thrown by a callback');
    vi.advanceTimersByTime(1);
    expect(rings).toEqual(['first', 'last']);
    vi.advanceTimersByTime(50_000);
    expect(rings).toEqual(['first', 'last', 'again']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('calls back in nobody’s context, whoever waited first', () => {
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    context.run('of the first', () => systemClock.after(10, () => seen.push(context.getStore())));
    context.run('of the second', () => systemClock.after(10, () => seen.push(context.getStore())));
    vi.advanceTimersByTime(10);
    expect(seen).toEqual([undefined, undefined]);
  });

  it.each([0, -5, Number.NaN, 0.2])('takes %d ms for the next moment', (delay) => {
    const ring = vi.fn<() => void>();
    systemClock.after(delay, ring);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  it('tells the time', () => {
    expect(systemClock.now()).toBe(Date.now());
    const before = systemClock.monotonic();
    vi.advanceTimersByTime(10);
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
  });
});

describe('manual clock', () => {
  it('calls back in order, each at its own moment', () => {
    const clock = new ManualClock(1_000);
    const calls: [string, number][] = [];
    const note = (name: string) => () => void calls.push([name, clock.now()]);
    clock.after(30, note('third'));
    clock.after(10, note('first'));
    clock.after(10, note('second'));
    clock.after(31, note('never'));
    clock.advance(30);
    expect(calls).toEqual([
      ['first', 1_010],
      ['second', 1_010],
      ['third', 1_030],
    ]);
    expect(clock.pending).toBe(1);
  });

  it('rings what was set while it rang, if that is due as well', () => {
    const clock = new ManualClock(0);
    const rings: number[] = [];
    const ring = (): void => {
      rings.push(clock.monotonic());
      clock.after(10, ring);
    };
    ring();
    clock.advance(35);
    expect(rings).toEqual([0, 10, 20, 30]);
  });

  it('forgets what was cancelled, and can be set without time passing', () => {
    const clock = new ManualClock(0);
    const ring = vi.fn<() => void>();
    clock.after(10, ring).cancel();
    clock.jump(3_600_000);
    expect([clock.now(), clock.monotonic()]).toEqual([3_600_000, 0]);
    clock.advance(10);
    expect(ring).not.toHaveBeenCalled();
  });
});
