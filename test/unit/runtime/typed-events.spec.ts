import { describe, expect, it } from 'vitest';
import { TypedEvents } from '../../../lib/runtime/typed-events.js';

interface Events {
  a: number;
  b: string;
}

describe('TypedEvents', () => {
  it('tells everybody who listens, until they do not any more', () => {
    const events = new TypedEvents<Events>(() => undefined);
    const seen: unknown[] = [];
    const off = events.on('a', (value) => seen.push(['first', value]));
    events.on('a', (value) => seen.push(['second', value]));
    events.emit('a', 1);
    events.emit('b', 'nobody listens');
    off();
    off();
    events.emit('a', 2);
    expect(seen).toEqual([
      ['first', 1],
      ['second', 1],
      ['second', 2],
    ]);
  });

  it('reports a listener that throws, and stops nobody', () => {
    const [errors, seen]: [unknown[], unknown[]] = [[], []];
    const events = new TypedEvents<Events>((error) => errors.push(error));
    const failure = new Error('no');
    events.on('a', () => {
      throw failure;
    });
    events.on('a', (value) => seen.push(value));
    events.emit('a', 1);
    expect([errors, seen]).toEqual([[failure], [1]]);
  });
});
