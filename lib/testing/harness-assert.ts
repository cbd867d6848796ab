import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import type { Kind } from '../message/index.js';
import type { HandledRecord, Records, SentRecord } from './records.js';

/** What a message should be like; what is left out may be anything. @publicApi */
export interface Expected {
  /** Fields the payload has, at least; other values are compared as they are. */
  readonly data?: unknown;
  /** Options it was sent with, at least: `{ key: 'mira', delay: 10_000 }`. */
  readonly options?: object;
  /** How many there are; 0: none. Default: one or more. */
  readonly times?: number;
}

/** Says what should have happened. Throws the `AssertionError` of Node, which every test runner shows well. @publicApi */
export class HarnessAssert {
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  /** A task was enqueued, whatever became of it. */
  enqueued(name: string, expected: Expected = {}): void {
    this.#sent('task', 'enqueued', name, expected);
  }

  /** An event was published. */
  published(name: string, expected: Expected = {}): void {
    this.#sent('event', 'published', name, expected);
  }

  /** A request was sent. */
  requested(name: string, expected: Expected = {}): void {
    this.#sent('request', 'requested', name, expected);
  }

  /** A handler has handled it to its end: the outcome is `done`. */
  handled(name: string, expected: Omit<Expected, 'options'> = {}): void {
    const records = this.#records.handled(name);
    const done = records.filter(({ outcome }) => outcome === 'done');
    check({ verb: 'handled', name, expected }, done, records);
  }

  #sent(kind: Kind, verb: string, name: string, expected: Expected): void {
    const records = this.#records.sent(kind, name);
    check({ verb, name, expected }, records, this.#records.sent(kind));
  }
}

interface Statement {
  readonly verb: string;
  readonly name: string;
  readonly expected: Expected;
}

function check(
  { verb, name, expected }: Statement,
  candidates: readonly (SentRecord | HandledRecord)[],
  all: readonly (SentRecord | HandledRecord)[],
): void {
  const found = candidates.filter((record) => fits(record, expected));
  const { times, ...wanted } = expected;
  if (times === undefined ? found.length > 0 : found.length === times) return;
  const like = Object.keys(wanted).length === 0 ? '' : ` with ${JSON.stringify(wanted)}`;
  const count = times === undefined ? 'at least once' : `${times} times`;
  const told = all.map((record) => `  ${describe(record)}`).join('\n');
  throw new AssertionError({
    message: `"${name}"${like} should have been ${verb} ${count}, and was ${found.length} times; ${verb}:\n${told || '  nothing'}`,
    actual: candidates.map(({ data }) => data),
    expected: wanted,
    operator: verb,
    stackStartFn: check,
  });
}

const describe = (record: SentRecord | HandledRecord): string =>
  `${record.name} ${JSON.stringify(record.data)} ${record.outcome}`;

const fits = (record: SentRecord | HandledRecord, { data, options }: Expected): boolean =>
  (data === undefined || hasAll(record.data, data)) &&
  (options === undefined || ('options' in record && hasAll(record.options, options)));

/** Whether a value has the fields of another one, however deep; lists and other values are equal or not. */
function hasAll(actual: unknown, wanted: unknown): boolean {
  if (!isPlain(wanted) || !isPlain(actual)) return isDeepStrictEqual(actual, wanted);
  return Object.entries(wanted).every(([name, value]) => hasAll(actual[name], value));
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
