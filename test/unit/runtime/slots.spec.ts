import { describe, expect, it } from 'vitest';
import { Slots } from '../../../lib/runtime/slots.js';

const A = 't:a';
const B = 't:b';

/** Whether `promise` has resolved by the next turn. */
async function isResolved(promise: Promise<unknown>): Promise<boolean> {
  let resolved = false;
  void promise.then(() => (resolved = true));
  await new Promise(setImmediate);
  return resolved;
}

describe('Slots', () => {
  it('gives no more places than there are', () => {
    const slots = new Slots(2, new Map());
    expect([slots.take(A), slots.take(B), slots.take(A)]).toEqual([true, true, false]);
    expect(slots.free).toBe(0);
    slots.give(A);
    expect([slots.free, slots.take(B)]).toEqual([1, true]);
  });

  it('bounds a name whose handler has its own bound, and no other', () => {
    const slots = new Slots(4, new Map([[A, 1] as const]));
    expect([slots.freeOf(A), slots.freeOf(B)]).toEqual([1, 4]);
    expect([slots.take(A), slots.take(A), slots.take(B)]).toEqual([true, false, true]);
    expect([slots.freeOf(A), slots.free]).toEqual([0, 2]);
  });

  it('tells when the place given back is the first free one of its name', () => {
    const slots = new Slots(9, new Map([[A, 2] as const]));
    slots.take(A);
    slots.take(A);
    slots.take(B);
    expect([slots.give(A), slots.give(A), slots.give(B)]).toEqual([true, false, false]);
    expect([slots.freeOf(A), slots.free]).toEqual([2, 9]);
  });

  it('lets wait for a free place', async () => {
    const slots = new Slots(1, new Map());
    await slots.available();
    slots.take(A);
    const [first, second] = [slots.available(), slots.available()];
    expect(await isResolved(first)).toBe(false);
    slots.give(A);
    await Promise.all([first, second]);
  });

  it('goes on waiting when somebody else was faster', async () => {
    const slots = new Slots(1, new Map());
    slots.take(A);
    const available = slots.available();
    slots.give(A);
    slots.take(B);
    expect(await isResolved(available)).toBe(false);
    slots.give(B);
    await available;
  });

  it('has no free place until every pause is over', async () => {
    const slots = new Slots(2, new Map());
    slots.take(A);
    slots.pause();
    slots.pause();
    const available = slots.available();
    slots.give(A);
    slots.resume();
    expect([slots.free, await isResolved(available)]).toEqual([0, false]);
    slots.resume();
    await available;
    expect(slots.free).toBe(2);
  });
});
