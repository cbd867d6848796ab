import { InvalidNameError } from '../errors/index.js';
import { checkName } from './name.js';
import type { Kind } from './kind.js';

/** One of them is a whole token of a pattern: any one token; any tokens that are left, at least one. */
export const ANY = '*';
export const REST = '>';

/** What stands between the dots of a name. */
export const tokensOf = (name: string): string[] => name.split('.');

/**
 * Whether a name is a pattern that stands for others, by the rules of NATS: a token that is `*` or `>`. A name that
 * begins with a brace is one of Nest's object patterns, and stands for itself.
 */
export function isPattern(name: string): boolean {
  if (!name.includes(ANY) && !name.includes(REST)) return false;
  return !name.startsWith('{') && tokensOf(name).some(isWildcard);
}

/** A test for the names that a pattern stands for. */
export function matcherOf(pattern: string): (name: string) => boolean {
  const tokens = tokensOf(pattern);
  const hasRest = tokens.at(-1) === REST;
  const fixed = hasRest ? tokens.length - 1 : tokens.length;
  return (name) => {
    const found = tokensOf(name);
    if (hasRest ? found.length <= fixed : found.length !== fixed) return false;
    for (let i = 0; i < fixed; i += 1) {
      if (tokens[i] !== ANY && tokens[i] !== found[i]) return false;
    }
    return true;
  };
}

/** Like {@link checkName}, for an event that is sent: its name is no pattern. */
export function checkEventName(what: string, value: unknown): string {
  const name = checkName(what, value);
  if (!isPattern(name)) return name;
  throw new InvalidNameError(
    `${what} must not have a wildcard: "${name}"; only handlers of events can, an event has one name`,
  );
}

/** Like {@link checkName}, for what a handler handles: that of an event may be a pattern. */
export function checkHandlerName(what: string, kind: Kind, value: unknown): string {
  const name = checkName(what, value);
  if ((!name.includes(ANY) && !name.includes(REST)) || name.startsWith('{')) return name;
  const tokens = tokensOf(name);
  const refuse = (reason: string): never => {
    throw new InvalidNameError(`${what} cannot be "${name}": ${reason}`);
  };
  if (kind !== 'event') {
    return tokens.some(isWildcard) ? refuse('only handlers of events can have wildcards') : name;
  }
  const half = tokens.find(isHalfWildcard);
  if (half !== undefined) {
    refuse(`"*" and ">" are wildcards as whole tokens only, as in "orders.*", not as in "${half}"`);
  }
  if (!tokens.some(isWildcard)) return name;
  if (tokens.indexOf(REST) !== -1 && tokens.indexOf(REST) !== tokens.length - 1) {
    refuse('">" stands for all tokens that are left, so it can only be the last one');
  }
  if (tokens.includes('')) refuse('there is nothing between two dots, or beside one');
  return name;
}

const isWildcard = (token: string): boolean => token === ANY || token === REST;

/** Whoever writes `orders*` or `**` means a wildcard, and would wait for events that never come. */
const isHalfWildcard = (token: string): boolean => token.length > 1 && /^[*>]|[*>]$/.test(token);
