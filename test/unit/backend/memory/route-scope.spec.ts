import { beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '../../../../lib/backend/index.js';
import { RouteScope } from '../../../../lib/backend/memory/route-scope.js';
import { Seat } from '../../../../lib/backend/memory/seat.js';
import { type Rule, parseRule } from '../../../../lib/balancer/index.js';

const GROUP = 't:default';

const seatOf = (consumer: string, weight: number, ...addresses: string[]): Seat => {
  const names = addresses.map((address) => ({ address, group: GROUP }));
  const member: Member = {
    consumer,
    service: 's',
    instanceName: consumer,
    ttl: 100,
    names,
    groups: [],
    weight,
    overflow: 'reject',
    maxWaiting: 10,
  };
  return new Seat(member, 0);
};

describe('RouteScope', () => {
  let scope: RouteScope;
  let rule: Rule;

  const open = (text: string): void => {
    rule = parseRule(text);
    scope = new RouteScope('s', GROUP, rule);
  };
  const enter = (...seats: readonly Seat[]): void => {
    for (const seat of seats) scope.add(seat, rule);
  };
  const turns = (count: number, address = 't:a'): string =>
    Array.from({ length: count }, () => scope.next(address)).join('');

  beforeEach(() => open('weighted'));

  it('knows who can take an address: by id, without the drained', () => {
    enter(seatOf('c', 1, 't:a'), seatOf('b', 0, 't:a'), seatOf('a', 1, 't:a', 't:b'));
    expect(scope.takers('t:a').map(({ id }) => id)).toEqual(['a', 'c']);
    expect(scope.takers('t:b').map(({ id }) => id)).toEqual(['a']);
    expect(scope.takers('t:c')).toEqual([]);
    expect([scope.has('b'), scope.has('d'), scope.size]).toEqual([true, false, 3]);
  });

  it('gives turns by weight, or to everybody the same', () => {
    enter(seatOf('a', 2, 't:a'), seatOf('b', 1, 't:a'));
    expect(turns(6)).toBe('abaaba');
    open('round_robin');
    enter(seatOf('a', 2, 't:a'), seatOf('b', 1, 't:a'), seatOf('c', 0, 't:a'));
    expect(turns(6)).toBe('ababab');
  });

  it('begins anew when members or weights change', () => {
    const [a, b, c] = [seatOf('a', 1, 't:a'), seatOf('b', 1, 't:a'), seatOf('c', 1, 't:a')];
    enter(a, b);
    expect(turns(3)).toBe('aba');
    enter(c);
    expect(turns(4)).toBe('abca');
    scope.remove(a);
    expect(turns(3)).toBe('bcb');
    b.share = 3;
    scope.restart();
    expect(turns(4)).toBe('bbcb');
  });

  it('gives nobody a turn for what nobody handles', () => {
    enter(seatOf('a', 1, 't:a'));
    expect(scope.next('t:b')).toBeUndefined();
    expect(scope.leastLoaded([], () => 0)).toBeUndefined();
  });

  it('finds the least loaded by weight; of equals the one picked longest ago', () => {
    const loads: Record<string, number> = { a: 2, b: 3 };
    const loadOf = ({ id }: Seat): number => loads[id] ?? 0;
    enter(seatOf('a', 1, 't:a'), seatOf('b', 2, 't:a'));
    const pick = (): string | undefined => scope.leastLoaded(scope.takers('t:a'), loadOf);
    expect([pick(), pick()]).toEqual(['b', 'b']);
    Object.assign(loads, { a: 1, b: 2 });
    expect([pick(), pick(), pick()]).toEqual(['a', 'b', 'a']);
  });
});
