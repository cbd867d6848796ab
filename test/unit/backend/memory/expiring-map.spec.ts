import { describe, expect, it } from 'vitest';
import { ExpiringMap } from '../../../../lib/backend/memory/expiring-map.js';

describe('ExpiringMap', () => {
  it('forgets a value at its time, not before', () => {
    const map = new ExpiringMap<number>();
    map.set('a', 1, { now: 0, until: 10 });
    map.set('b', 2, { now: 0, until: 11 });
    expect([map.get('a', 9), map.get('a', 10), map.get('b', 10)]).toEqual([1, undefined, 2]);
  });

  it('keeps what is set anew for its new time', () => {
    const map = new ExpiringMap<number>();
    map.set('a', 1, { now: 0, until: 10 });
    map.set('a', 2, { now: 5, until: 20 });
    expect([map.get('a', 15), map.get('a', 20)]).toEqual([2, undefined]);
  });

  it('takes no room for what has expired', () => {
    const map = new ExpiringMap<number>();
    for (let i = 0; i < 1_000; i++) map.set(`key ${i}`, i, { now: i, until: i + 10 });
    expect(map.size).toBeLessThanOrEqual(10);
  });
});
