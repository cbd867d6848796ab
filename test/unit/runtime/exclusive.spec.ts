import { beforeEach, describe, expect, it } from 'vitest';
import { Exclusive } from '../../../lib/runtime/exclusive.js';
import { Slots } from '../../../lib/runtime/slots.js';

const turn = async (): Promise<void> => await new Promise(setImmediate);

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

  it('starts in the next turn when nothing runs; reading rests until it ended', async () => {
    enter('a');
    expect([started, free(), exclusive.taken]).toEqual([[], [0, 0], true]);
    await turn();
    expect([started, free(), exclusive.taken]).toEqual([['a'], [0, 0], true]);
    leave();
    expect([free(), exclusive.taken]).toEqual([[3, 5], false]);
  });

  it('waits for everything that runs', async () => {
    exclusive.begin();
    exclusive.begin();
    enter('a');
    exclusive.end();
    await turn();
    expect([started, free()]).toEqual([[], [0, 0]]);
    exclusive.end();
    await turn();
    expect(started).toEqual(['a']);
  });

  it('waits also for what began in the turn it entered', async () => {
    enter('a');
    exclusive.begin();
    await turn();
    expect(started).toEqual([]);
    exclusive.end();
    exclusive.begin();
    await turn();
    expect(started).toEqual([]);
    exclusive.end();
    await turn();
    expect(started).toEqual(['a']);
  });

  it('starts each one once, however many ends there are', async () => {
    exclusive.begin();
    enter('a');
    exclusive.end();
    exclusive.begin();
    exclusive.end();
    await turn();
    expect(started).toEqual(['a']);
    leave();
    enter('b');
    await turn();
    expect(started).toEqual(['a', 'b']);
  });

  it('is free again when one never started', async () => {
    exclusive.begin();
    exclusive.enter(() => exclusive.resume());
    exclusive.end();
    await turn();
    expect([free(), exclusive.taken]).toEqual([[3, 5], false]);
  });
});
