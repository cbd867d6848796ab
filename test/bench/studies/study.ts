import type { Redis } from 'ioredis';

export interface StudyOptions {
  readonly host: string;
  readonly port: number;
  /** For figures about the server. */
  readonly redis: Redis;
  readonly scale: number;
}

/** A measurement of ourselves, against ourselves: a table and its goals. */
export interface Study {
  /** On the command line. */
  readonly name: string;
  /** Resolves to Markdown. */
  readonly run: (options: StudyOptions) => Promise<string>;
}

export const verdict = (value: number, goal: number, isReached: boolean): string =>
  `${value.toFixed(2)}, goal ${goal}: ${isReached ? 'reached' : 'MISSED'}`;
