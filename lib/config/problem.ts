import { InvalidConfigError } from '../errors/index.js';

/** One wrong setting. */
export interface Problem {
  /** The option or the variable. */
  readonly where: string;
  /** As it may be shown: no secret in it; absent: not to be shown. */
  readonly value?: string;
  readonly allowed: string;
}

/** A value as people may see it in an error. */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return `"${value.length > 100 ? `${value.slice(0, 100)}…` : value}"`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** @throws InvalidConfigError which tells of all problems, if there are any */
export function refuse(subject: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const told = problems.map(({ where, value, allowed }) =>
    value === undefined ? `${where}: ${allowed}` : `${where} is ${value}, allowed: ${allowed}`,
  );
  throw new InvalidConfigError(
    told.length === 1 ? `${subject}: ${told[0]}` : `${subject}:\n  - ${told.join('\n  - ')}`,
  );
}
