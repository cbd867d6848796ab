import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../lib/cli/cli-errors.js';
import { parse } from '../../../lib/cli/parse.js';
import { VERBS } from '../../../lib/cli/verbs/index.js';

const parsed = (...args: readonly string[]) => parse(args, VERBS);
const refusal = (...args: readonly string[]): string => {
  try {
    parsed(...args);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error('it was taken');
};

describe('what was typed', () => {
  it('is a verb of one word or two, its arguments, and options anywhere', () => {
    const typed = parsed('--json', 'dlq', 'replay', '1-0', '--app', 'shop', '2-0');
    expect(typed.verb?.name).toBe('dlq replay');
    expect(typed.words).toEqual(['1-0', '2-0']);
    expect([typed.has('json'), typed.text('app'), typed.has('all')]).toEqual([true, 'shop', false]);
    expect(typed.text('name')).toBeUndefined();
  });

  it('may have options more than once, and payloads that look like none', () => {
    const typed = parsed('publish', 'a', '--header', 'x=1', '--header=y=2', '--', '-1');
    expect([typed.texts('header'), typed.words]).toEqual([
      ['x=1', 'y=2'],
      ['a', '-1'],
    ]);
    expect(parsed('enqueue', 'a', '-').words).toEqual(['a', '-']);
  });

  it('may ask for help, of everything or of one verb, whatever is missing', () => {
    expect(parsed('help').verb).toBeUndefined();
    for (const args of [
      ['help', 'weight'],
      ['weight', '--help'],
      ['weight', '-h'],
    ]) {
      const typed = parsed(...args);
      expect([typed.verb?.name, typed.has('help')]).toEqual(['weight', true]);
    }
    expect(parsed('--version').has('version')).toBe(true);
    expect(parsed().verb).toBeUndefined();
  });

  it.each([
    [['frob'], /no verb "frob", allowed: stats, queues, .*top, help/],
    [['dlq'], /"dlq" needs one more word, allowed: dlq list, dlq show, dlq replay, dlq drop/],
    [['dlq', 'eat'], /"dlq" needs one more word/],
    [['stats', '--nope'], /'--nope'.*help <verb>/],
    [['stats', '--app'], /--app/],
    [['stats', '--key', 'x'], /"stats" has no option --key, allowed: --redis/],
    [['stats', 'x'], /"stats" was given x, allowed: nestjs-broker stats$/],
    [['weight', 'a'], /allowed: nestjs-broker weight <instance> <weight>/],
    [['enqueue'], /"enqueue" was given no argument/],
  ] as const)('is refused with what is allowed: %j', (args, message) => {
    expect(refusal(...args)).toMatch(message);
  });

  it('has one meaning for each option, whatever the verb', () => {
    const kinds = new Map<string, boolean>();
    for (const { options = {} } of VERBS) {
      for (const [name, { value }] of Object.entries(options)) {
        expect(kinds.get(name) ?? value !== undefined).toBe(value !== undefined);
        kinds.set(name, value !== undefined);
      }
    }
    expect(kinds.size).toBeGreaterThan(5);
  });
});
