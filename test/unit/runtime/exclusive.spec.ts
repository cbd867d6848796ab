import { beforeEach, describe, expect, it } from 'vitest';
import { Exclusive } from '../../../lib/runtime/exclusive.js';
import { Slots } from '../../../lib/runtime/slots.js';

describe('Exclusive', () => {
  let pools: readonly Slots[];
  let exclusive: Exclusive;
  let started: string[];

  beforeEach(() => {
    pools = [new Slots(3, new Map()), new Slots(5, new Map())];
    exclusive = new Exclusive(pools);
    started = [];
  });

  const free = (): number[] => pools.map((pool) => pool.free);
  /** What a seat does: a handler that starts alone begins like any other. */
  const enter = (name: string): void =>
    exclusive.enter(() => {
      started.push(name);
      exclusive.begin();
    });
  const leave = (): void => {
    exclusive.end();
    exclusive.resume();
  };

  it('starts at once when nothing runs, and reading rests until it ended', () => {
    enter('a');
    expect([started, free()]).toEqual([['a'], [0, 0]]);
    leave();
    expect(free()).toEqual([3, 5]);
  });

  it('waits for everything that runs', () => {
    exclusive.begin();
    exclusive.begin();
    enter('a');
    exclusive.end();
    expect([started, free()]).toEqual([[], [0, 0]]);
    exclusive.end();
    expect(started).toEqual(['a']);
  });

  it('lets one at a time, in order; reading rests until the last one ended', () => {
    exclusive.begin();
    for (const name of ['a', 'b', 'c']) enter(name);
    exclusive.end();
    expect(started).toEqual(['a']);
    leave();
    expect([started, free()]).toEqual([
      ['a', 'b'],
      [0, 0],
    ]);
    leave();
    leave();
    expect([started, free()]).toEqual([
      ['a', 'b', 'c'],
      [3, 5],
    ]);
  });

  it('goes on with the next one when one never started', () => {
    exclusive.begin();
    exclusive.enter(() => exclusive.resume());
    enter('b');
    exclusive.end();
    expect([started, free()]).toEqual([['b'], [0, 0]]);
    leave();
    expect(free()).toEqual([3, 5]);
  });
});
