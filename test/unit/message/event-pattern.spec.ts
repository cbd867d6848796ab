import { describe, expect, it } from 'vitest';
import {
  checkEventName,
  checkHandlerName,
  isPattern,
  matcherOf,
} from '../../../lib/message/index.js';
import { randomPattern, randomTokens } from './random-patterns.js';

const refused = (message: RegExp) =>
  expect.objectContaining({
    code: 'INVALID_NAME',
    message: expect.stringMatching(message) as string,
  }) as Error;

/** The rule, as plain as it can be said. */
function standsFor(
  [first, ...pattern]: readonly string[],
  [token, ...name]: readonly string[],
): boolean {
  if (first === undefined) return token === undefined;
  if (token === undefined) return false;
  if (first === '>') return true;
  return (first === '*' || first === token) && standsFor(pattern, name);
}

describe('matcherOf', () => {
  it.each([
    ['orders.*', ['orders.created', 'orders.*', 'orders.'], ['orders', 'orders.eu.created', 'x.y']],
    ['orders.>', ['orders.created', 'orders.eu.created'], ['orders', 'order.created']],
    ['*.created', ['orders.created', '.created'], ['created', 'eu.orders.created']],
    ['*', ['orders', '{"cmd":"sum"}'], ['orders.created', 'a.']],
    ['>', ['orders', 'orders.created', 'a..b'], []],
    ['*.*.paid', ['orders.eu.paid'], ['orders.paid', 'orders.eu.de.paid']],
    ['a[b]?.*', ['a[b]?.x'], ['ab.x', 'a[b]x.x']],
    ['a*b.>', ['a*b.x.y'], ['axb.x']],
  ])('%s stands for some names and not for others', (pattern, names, others) => {
    const matches = matcherOf(pattern);
    expect(names.filter((name) => !matches(name))).toEqual([]);
    expect(others.filter(matches)).toEqual([]);
  });

  it('agrees with the plain rule on thousands of pairs', () => {
    let matching = 0;
    for (let i = 0; i < 20_000; i += 1) {
      const [pattern, name] = [randomPattern(), randomTokens().join('.')];
      const expected = standsFor(pattern.split('.'), name.split('.'));
      matching += expected ? 1 : 0;
      expect(matcherOf(pattern)(name), `${pattern} for ${name}`).toBe(expected);
    }
    expect(matching).toBeGreaterThan(1_000);
  });
});

describe('isPattern', () => {
  it.each(['*', '>', 'orders.*', 'orders.>', '*.created', 'a.*.b'])('%s is one', (name) => {
    expect(isPattern(name)).toBe(true);
  });

  it.each(['orders', 'a*b', 'orders.**', 'a->b', '{"a":"b.*.c"}', '{"cmd":"*"}', 'a.b*'])(
    '%s is none',
    (name) => expect(isPattern(name)).toBe(false),
  );
});

describe('the name of an event that is sent', () => {
  it.each(['*', '>', 'orders.*', '*.created', 'orders.>', '>.a'])('is not %s', (name) => {
    expect(() => checkEventName('the name', name)).toThrow(
      refused(/^the name must not have a wildcard: ".+"; only handlers of events can/),
    );
  });

  it('can hold stars and arrows beside other text, and be an object pattern', () => {
    for (const name of ['a*b', 'orders*', '2 > 1', 'a->b', '{"a":"b.*.c"}', 'a..b', '[?]\\']) {
      expect(checkEventName('the name', name)).toBe(name);
    }
  });

  it('is a name', () => {
    expect(() => checkEventName('the name', '')).toThrow(refused(/must not be empty/));
  });
});

describe('the name a handler handles', () => {
  it('can be a pattern for events', () => {
    for (const name of ['*', '>', 'orders.*', 'orders.>', '*.*.paid', 'a*b.>', 'a[b]?.*']) {
      expect(checkHandlerName('the name', 'event', name)).toBe(name);
    }
  });

  it('cannot be one for tasks and requests', () => {
    for (const kind of ['task', 'request'] as const) {
      expect(() => checkHandlerName('the name', kind, 'orders.*')).toThrow(
        refused(/^the name cannot be "orders\.\*": only handlers of events can have wildcards/),
      );
      for (const name of ['a*', '{"a":"b.*.c"}', 'orders']) {
        expect(checkHandlerName('the name', kind, name)).toBe(name);
      }
    }
  });

  it.each([
    ['orders.>.created', /">" .* can only be the last one/],
    ['>.created', /">" .* can only be the last one/],
    ['orders.>.>', /">" .* can only be the last one/],
    ['orders*', /as whole tokens only, as in "orders\.\*", not as in "orders\*"/],
    ['orders.**', /not as in "\*\*"/],
    ['orders.*>', /not as in "\*>"/],
    ['orders.>>', /not as in ">>"/],
    ['orders.cr*.x', /not as in "cr\*"/],
    ['orders..*', /nothing between two dots/],
    ['.*', /nothing between two dots, or beside one/],
    ['*.', /nothing between two dots, or beside one/],
  ])('cannot be %s for events', (name, reason) => {
    expect(() => checkHandlerName('the name', 'event', name)).toThrow(refused(reason));
  });

  it('is taken as it is where it is no pattern', () => {
    for (const name of ['a*b', 'a..b', '.a', '{"a":"*"}', '{"a":">.x*"}', 'a->b', 'x:*?[a] y']) {
      expect(checkHandlerName('the name', 'event', name)).toBe(name);
    }
  });
});
