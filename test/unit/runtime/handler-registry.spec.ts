import { beforeEach, describe, expect, it } from 'vitest';
import { HandlerRegistry } from '../../../lib/runtime/handler-registry.js';

const invoke = (): undefined => undefined;
const task = (name: string) => ({ kind: 'task', name, invoke }) as const;
const event = (name: string) => ({ kind: 'event', name, invoke }) as const;
const durable = (name: string, subscription = '') =>
  ({ kind: 'event', name, invoke, durable: { from: 'new', subscription } }) as const;
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

  it('finds durable events by the subscription of the service', () => {
    const [main, audit] = [durable('a'), durable('a', 'audit')];
    for (const handler of [main, audit, event('a')]) registry.add(handler);
    expect(registry.subscriptions).toEqual([
      ['e:7:service:0::a', main],
      ['e:7:service:5:audit:a', audit],
    ]);
    expect(registry.queued('e:7:service:0::a')).toBe(main);
    expect([...registry.events]).toEqual([['a', [event('a')]]]);
  });

  it('refuses a second durable handler without a name of its own, and says what to do', () => {
    registry.add(durable('a'));
    expect(() => registry.add(durable('a'))).toThrow(
      expect.objectContaining({
        code: 'DUPLICATE_HANDLER',
        message:
          'two durable handlers for the event "a" in one service: give one of them a subscription of its own, { durable: true, subscription: \'…\' }',
      }),
    );
  });

  it.each(['*', 'a.*', 'a.>', '*.b'])('refuses the wildcard "%s" of a durable event', (name) => {
    expect(() => registry.add(durable(name))).toThrow(
      expect.objectContaining({
        code: 'INVALID_NAME',
        message: `a durable handler takes the events of one name, and "${name}" is a wildcard: name each event, or leave out durable`,
      }),
    );
    expect(() => registry.add(durable('a*b.c'))).not.toThrow();
  });
});
