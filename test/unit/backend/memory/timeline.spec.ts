import { describe, expect, it } from 'vitest';
import { type Slot, Timeline } from '../../../../lib/backend/memory/timeline.js';
import { Random } from '../../../conformance/model/random.js';

function takeAll<T>(timeline: Timeline<T>, now: number): T[] {
  const values: T[] = [];
  for (let slot = timeline.takeDue(now); slot !== undefined; slot = timeline.takeDue(now)) {
    values.push(slot.value);
  }
  return values;
}

describe('Timeline', () => {
  it('gives what is due, not what is not', () => {
    const timeline = new Timeline<string>();
    timeline.add(20, 'b');
    timeline.add(10, 'a');
    timeline.add(21, 'c');
    expect(timeline.first?.at).toBe(10);
    expect(takeAll(timeline, 20)).toEqual(['a', 'b']);
    expect(timeline.size).toBe(1);
    expect(takeAll(timeline, 20)).toEqual([]);
  });

  it('keeps the order of one moment', () => {
    const timeline = new Timeline<number>();
    for (let i = 0; i < 50; i++) timeline.add(5, i);
    expect(takeAll(timeline, 5)).toEqual([...Array(50).keys()]);
  });

  it('sorts whatever is added and removed', () => {
    const random = new Random(3);
    const timeline = new Timeline<number>();
    const slots: Slot<number>[] = [];
    for (let i = 0; i < 2_000; i++) {
      slots.push(timeline.add(random.below(100), i));
      if (random.chance(0.3)) timeline.remove(slots.splice(random.below(slots.length), 1)[0]!);
    }
    const expected = slots.toSorted((a, b) => a.at - b.at || a.order - b.order);
    expect(takeAll(timeline, 100)).toEqual(expected.map(({ value }) => value));
    expect(timeline.size).toBe(0);
    expect(timeline.first).toBeUndefined();
  });
});
