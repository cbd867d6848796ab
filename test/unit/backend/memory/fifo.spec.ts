import { describe, expect, it } from 'vitest';
import { Fifo } from '../../../../lib/backend/memory/fifo.js';
import { Random } from '../../../conformance/model/random.js';

const item = (name: string) => ({ name });

describe('Fifo', () => {
  it('gives back in order', () => {
    const fifo = new Fifo<object>();
    const [a, b] = [item('a'), item('b')];
    expect(fifo.shift()).toBeUndefined();
    fifo.push(a);
    fifo.push(b);
    expect([fifo.size, fifo.head, fifo.shift(), fifo.shift(), fifo.shift()]).toEqual([
      2,
      a,
      a,
      b,
      undefined,
    ]);
    fifo.push(a);
    expect(fifo.shift()).toBe(a);
  });

  it('forgets what is removed, wherever it is', () => {
    const fifo = new Fifo<object>();
    const [a, b, c] = [item('a'), item('b'), item('c')];
    for (const each of [a, b, c]) fifo.push(each);
    expect(fifo.head).toBe(a);
    expect([fifo.remove(b), fifo.remove(b), fifo.remove(a)]).toEqual([true, false, true]);
    expect([fifo.head, fifo.shift(), fifo.head]).toEqual([c, c, undefined]);
  });

  it('puts to the end what comes again', () => {
    const fifo = new Fifo<object>();
    const [a, b] = [item('a'), item('b')];
    fifo.push(a);
    fifo.push(b);
    expect(fifo.head).toBe(a);
    fifo.remove(a);
    fifo.push(a);
    expect([fifo.shift(), fifo.shift(), fifo.size]).toEqual([b, a, 0]);
  });

  it('does the same as an array, whatever is done to it', () => {
    const random = new Random(7);
    const fifo = new Fifo<object>();
    const array: object[] = [];
    for (let i = 0; i < 5_000; i++) {
      const push = random.chance(0.45);
      if (push) {
        const next = item(String(i));
        fifo.push(next);
        array.push(next);
      } else if (random.chance(0.5)) {
        expect(fifo.shift()).toBe(array.shift());
      } else if (array.length > 0) {
        const [removed] = array.splice(random.below(array.length), 1);
        fifo.remove(removed!);
      }
      expect(fifo.head).toBe(array[0]);
      expect(fifo.size).toBe(array.length);
    }
    expect([...fifo.values()]).toEqual(array);
  });
});
