import { beforeEach, describe, expect, it } from 'vitest';
import { HandlerRegistry } from '../../../lib/runtime/handler-registry.js';

const invoke = (): undefined => undefined;
const task = (name: string) => ({ kind: 'task', name, invoke }) as const;
const event = (name: string) => ({ kind: 'event', name, invoke }) as const;
const request = (name: string) => ({ kind: 'request', name, invoke }) as const;

describe('HandlerRegistry', () => {
  let registry: HandlerRegistry;
  beforeEach(() => {
    registry = new HandlerRegistry('service');
  });

  it('finds handlers by their address', () => {
    const [a, b] = [task('a'), request('b')];
    registry.add(a);
    registry.add(b);
    registry.add(event('c'));
    expect(registry.queued('t:a')).toBe(a);
    expect(registry.queued('r:b')).toBe(b);
    expect(registry.queued('r:a')).toBeUndefined();
    expect(registry.addresses).toEqual([
      ['t:a', a],
      ['r:b', b],
    ]);
    expect(registry.ofKind('request')).toEqual([['r:b', b]]);
  });

  it('refuses a second handler of a task or a request, and says which', () => {
    registry.add(task('a'));
    registry.add(request('a'));
    expect(() => registry.add(task('a'))).toThrow(
      expect.objectContaining({
        code: 'DUPLICATE_HANDLER',
        message: 'two handlers for the task "a" in one app',
      }),
    );
    expect(() => registry.add(request('a'))).toThrow('two handlers for the request "a"');
  });

  it('takes any number of handlers of one event', () => {
    const [first, second, other] = [event('a'), event('a'), event('b')];
    for (const handler of [first, second, other]) registry.add(handler);
    expect([...registry.events]).toEqual([
      ['a', [first, second]],
      ['b', [other]],
    ]);
  });

  it.each([[0], [-1], [1.5], [Number.NaN], [Infinity]])(
    'refuses a concurrency of %d',
    (concurrency) => {
      expect(() => registry.add({ ...task('a'), concurrency })).toThrow(
        expect.objectContaining({ code: 'INVALID_CONFIG' }),
      );
      expect(registry.addresses).toEqual([]);
    },
  );

  it('refuses what is no name', () => {
    for (const handler of [task(''), event(''), request('x'.repeat(256))]) {
      expect(() => registry.add(handler)).toThrow(
        expect.objectContaining({ code: 'INVALID_NAME' }),
      );
    }
  });
});
