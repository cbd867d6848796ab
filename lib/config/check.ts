import type { z } from 'zod';
import { show, type Problem } from './problem.js';
import { redactAddress } from './redis-address.js';

/** Values of these options are not shown. */
const SECRET = /(^|\.)(password|sentinelPassword|tls|instance)(\.|$)/;

export interface Checked<T> {
  /** Present when there are no problems. */
  readonly value?: T;
  readonly problems: readonly Problem[];
}

/**
 * Runs a schema over what somebody wrote and turns what is wrong into plain words.
 * @param nameOf what the writer calls the option with this path: the option, or its variable
 */
export function check<T>(
  schema: z.ZodType<T>,
  input: unknown,
  nameOf: (path: string) => string = (path) => path,
): Checked<T> {
  const result = schema.safeParse(input);
  if (result.success) return { value: result.data, problems: [] };
  return { problems: result.error.issues.flatMap((issue) => toProblems(issue, input, nameOf)) };
}

function toProblems(
  issue: z.core.$ZodIssue,
  input: unknown,
  nameOf: (path: string) => string,
): Problem[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      where: path === '' ? key : `${path}.${key}`,
      allowed: 'there is no such option',
    }));
  }
  const where = path === '' ? 'the options object' : nameOf(path);
  const allowed = issue.message;
  return [{ where, value: shown(path, at(input, issue.path)), allowed }];
}

function shown(path: string, value: unknown): string {
  if (SECRET.test(path)) return '(not shown)';
  return show(
    /(^|\.)redis\.url$/.test(path) && typeof value === 'string' ? redactAddress(value) : value,
  );
}

function at(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return value;
}
