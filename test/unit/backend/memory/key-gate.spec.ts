import { describe, expect, it } from 'vitest';
import { KeyGate } from '../../../../lib/backend/memory/key-gate.js';
import { StoredMessage } from '../../../../lib/backend/memory/stored-message.js';
import type { Address } from '../../../../lib/message/index.js';

let serial = 0;

const message = (address: Address, key?: string): StoredMessage => {
  const unique = String(serial++);
  const envelope = key === undefined ? { unique, address } : { unique, address, key };
  return new StoredMessage(serial, envelope, Buffer.alloc(0));
};

describe('KeyGate', () => {
  it('passes the first of a key and lets the next one go when that one is over', () => {
    const gate = new KeyGate();
    const [first, second, third] = [message('t:a', 'k'), message('t:a', 'k'), message('t:a', 'k')];
    expect([first, second, third].map((each) => gate.admit(each, 's:x'))).toEqual([
      true,
      false,
      false,
    ]);
    expect([gate.size, gate.sizeOf('s:x'), gate.sizeOf('s:y')]).toEqual([2, 2, 0]);
    expect(gate.free(second)).toBeUndefined();
    expect(gate.free(first)).toBe(second);
    expect([gate.holds(first), gate.holds(second)]).toEqual([false, true]);
    expect([...gate.holders()]).toEqual([second]);
    expect(gate.free(second)).toBe(third);
    expect(gate.free(third)).toBeUndefined();
    expect([gate.size, [...gate.holders()]]).toEqual([0, []]);
    expect(gate.admit(first, 's:x')).toBe(true);
  });

  it('passes what has no key', () => {
    const gate = new KeyGate();
    const free = message('t:a');
    expect([gate.admit(free, 's:x'), gate.admit(free, 's:x')]).toEqual([true, true]);
    expect([gate.holds(free), gate.free(free)]).toEqual([false, undefined]);
  });

  it('passes requests: their keys only say where they go', () => {
    const gate = new KeyGate();
    const [first, second] = [message('r:a', 'k'), message('r:a', 'k')];
    expect([gate.admit(first, 's:x'), gate.admit(second, 's:x')]).toEqual([true, true]);
    expect([gate.holds(first), [...gate.holders()]]).toEqual([false, []]);
    expect(gate.admit(message('t:a', 'k'), 's:x')).toBe(true);
  });

  it('keeps the keys of scopes apart and those of one scope together', () => {
    const gate = new KeyGate();
    expect(gate.admit(message('t:a', 'k'), 's:x')).toBe(true);
    expect(gate.admit(message('t:b', 'k'), 's:x')).toBe(false);
    expect(gate.admit(message('t:c', 'k'), 's:y')).toBe(true);
    expect([...gate.gated('s:y')]).toEqual([]);
    expect([...gate.gated('s:x')]).toHaveLength(1);
  });

  it('leaves a name in its scope while any key is held there', () => {
    const gate = new KeyGate();
    const [first, other] = [message('t:a', 'k'), message('t:b', 'other')];
    gate.admit(first, 's:x');
    gate.admit(other, 's:x');
    gate.free(first);
    const second = message('t:a', 'k');
    expect(gate.admit(second, 'n:t:a')).toBe(true);
    expect(gate.admit(message('t:b', 'k'), 's:x')).toBe(false);
  });

  it('moves a name to another scope once no key is held', () => {
    const gate = new KeyGate();
    const first = message('t:a', 'k');
    gate.admit(first, 'n:t:a');
    gate.free(first);
    expect(gate.admit(message('t:b', 'k'), 's:x')).toBe(true);
    expect(gate.admit(message('t:a', 'k'), 's:x')).toBe(false);
  });

  it('forgets a waiting message that is removed', () => {
    const gate = new KeyGate();
    const [first, second, third] = [message('t:a', 'k'), message('t:a', 'k'), message('t:a', 'k')];
    for (const each of [first, second, third]) gate.admit(each, 's:x');
    gate.remove(second);
    gate.remove(second);
    expect(gate.size).toBe(1);
    expect(gate.free(first)).toBe(third);
  });
});
