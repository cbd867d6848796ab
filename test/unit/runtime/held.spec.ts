import { describe, expect, it } from 'vitest';
import { Handling } from '../../../lib/runtime/handling.js';
import { Held } from '../../../lib/runtime/held.js';
import { delivery } from './delivery.js';

const handlingOf = (source: string, token: string): Handling =>
  new Handling(
    { ...delivery('t:a'), lease: { source, token } },
    { consumer: 'me', fresh: true },
    () => undefined,
  );

describe('Held', () => {
  it('finds what is in hand by its lease, whatever stands in it', () => {
    const held = new Held();
    // joined with anything in between, two of these would be the same
    const all = [
      handlingOf('a', 'b'),
      handlingOf('a', 'c'),
      handlingOf('a b', 'c'),
      handlingOf('a', 'b c'),
    ];
    for (const one of all) held.add(one);
    expect(held.size).toBe(4);
    expect(held.all()).toEqual(expect.arrayContaining(all));
    for (const one of all) expect(held.get({ ...one.delivery.lease })).toBe(one);
    expect([held.has({ source: 'x', token: 'b' }), held.get({ source: 'a', token: 'x' })]).toEqual([
      false,
      undefined,
    ]);
  });

  it('forgets what is gone, once', () => {
    const held = new Held();
    const [a, b] = [handlingOf('a', '1'), handlingOf('a', '2')];
    held.add(a);
    held.add(b);
    held.delete(a.delivery.lease);
    held.delete(a.delivery.lease);
    held.delete({ source: 'x', token: '1' });
    expect([held.size, held.has(a.delivery.lease), held.all()]).toEqual([1, false, [b]]);
  });
});
