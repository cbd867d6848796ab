import { createHash } from 'node:crypto';
import { InvalidOptionsError } from '../errors/index.js';
import { checkName, toAddress } from '../message/index.js';

/** The unique part of the id of a request that can be sent again: the same for one name and one id, whoever sends it. */
export function uniqueOf(name: string, id: string, reliable: boolean): string {
  if (!reliable) {
    throw new InvalidOptionsError(
      'id needs the mode reliable: a fast reply is not kept for a second call',
    );
  }
  const text = `${toAddress('request', name)}\n${checkName('the id', id)}`;
  return createHash('sha256').update(text).digest('base64url').slice(0, 27);
}
