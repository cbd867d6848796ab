import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../lib/backend/index.js';
import { ManualClock } from '../../support/manual-clock.js';

const DAY = 86_400_000;

describe('system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers();
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
