import { ANY, REST, tokensOf } from '../../message/index.js';

/** What a glob of Redis would not take literally. */
const escape = (text: string): string => text.replace(/[\\*?[\]^]/g, '\\$&');

/** The glob that lets through every channel of the names a pattern stands for, and some others. */
export const toGlob = (prefix: string, pattern: string): string =>
  escape(prefix) +
  tokensOf(pattern)
    .map((token) => (token === ANY || token === REST ? '*' : escape(token)))
    .join('.');
