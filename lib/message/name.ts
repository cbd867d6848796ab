import { InvalidNameError } from '../errors/index.js';

/** Longest name, key or id, in UTF-8 bytes. */
const MAX_NAME_BYTES = 255;

/** Returns `value` if it can be the name of a message, a key or an id; throws {@link InvalidNameError} otherwise. */
export function checkName(what: string, value: unknown): string {
  if (typeof value !== 'string') {
    throw new InvalidNameError(`${what} must be a string, got ${typeof value}`);
  }
  if (value === '') throw new InvalidNameError(`${what} must not be empty`);
  // at most 3 bytes a UTF-16 unit, so short names need no count
  if (value.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(value) > MAX_NAME_BYTES) {
    throw new InvalidNameError(
      `${what} is ${Buffer.byteLength(value)} bytes long, at most ${MAX_NAME_BYTES} are allowed: "${value.slice(0, 40)}…"`,
    );
  }
  return value;
}

/** Like {@link checkName}, for parts of key names: the braces of a Redis hash tag are not allowed either. */
export function checkNamespace(what: string, value: unknown): string {
  const name = checkName(what, value);
  if (/[{}]/.test(name)) throw new InvalidNameError(`${what} must not contain braces: "${name}"`);
  return name;
}

/** `orders` + `create` → `orders.create`. An empty group adds nothing. */
export const joinName = (group: string | undefined, name: string): string =>
  group === undefined || group === '' ? name : `${group}.${name}`;
