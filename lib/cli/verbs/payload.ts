import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { UsageError } from '../cli-errors.js';
import type { Call } from '../verb.js';

/** How a payload can be given, for the help. */
export const PAYLOAD = '[json | @file | -]';

/**
 * The payload that was typed, lies in a file, or comes by standard input.
 * @throws UsageError when it is no JSON, or cannot be read
 */
export async function payloadOf({ words: [, word], stdin }: Call): Promise<unknown> {
  if (word === undefined) return undefined;
  const json = await source(word, stdin);
  try {
    return JSON.parse(json) as unknown;
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new UsageError(
      `the payload is no JSON: ${reason}. Allowed: JSON (a text in double quotes), @file, - for standard input`,
      { cause },
    );
  }
}

async function source(word: string, stdin: NodeJS.ReadStream): Promise<string> {
  if (word === '-') return await text(stdin);
  if (!word.startsWith('@')) return word;
  try {
    return await readFile(word.slice(1), 'utf8');
  } catch (cause) {
    throw new UsageError(`the payload cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** @throws UsageError for what is no `name=text` */
export function headersOf(call: Call): { readonly headers?: Record<string, string> } {
  const given = call.texts('header').map((header) => {
    const at = header.indexOf('=');
    if (at > 0) return [header.slice(0, at), header.slice(at + 1)] as const;
    throw new UsageError(`the header is "${header}", allowed: name=text`);
  });
  return given.length === 0 ? {} : { headers: Object.fromEntries(given) };
}
