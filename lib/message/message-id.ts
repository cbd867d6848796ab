import { randomBytes } from 'node:crypto';
import { InvalidNameError } from '../errors/index.js';

/**
 * Message ids read `<name>:<unique>`, so that whoever has an id can find the message. The unique part is a
 * random number of the process that made it and a counter: no two processes, and no two calls, share one.
 */
export class MessageIds {
  readonly #source = randomBytes(9).toString('base64url');
  #next = 0;

  /** The unique part of a new id; it holds no `:`. */
  unique(): string {
    return `${this.#source}-${(this.#next++).toString(36)}`;
  }
}

export const messageId = (name: string, unique: string): string => `${name}:${unique}`;

/** Splits an id at its last colon; names may hold colons of their own. */
export function parseMessageId(id: unknown): { readonly name: string; readonly unique: string } {
  const at = typeof id === 'string' ? id.lastIndexOf(':') : -1;
  if (at < 1 || at === (id as string).length - 1) {
    throw new InvalidNameError(`"${String(id).slice(0, 80)}" is no message id`);
  }
  return { name: (id as string).slice(0, at), unique: (id as string).slice(at + 1) };
}
