import {
  DURATION_FORM,
  parseDuration,
  toRetry,
  type BackoffOptions,
  type RetryOptions,
} from '../config/index.js';
import { InvalidBatchError, InvalidOptionsError } from '../errors/index.js';
import { checkName, type BackoffPolicy } from '../message/index.js';
import {
  DEFAULT_QUEUE,
  type PausedQueue,
  type EventOptions,
  type RequestOptions as RequestCall,
  type RequestRetry,
  type TaskOptions,
} from '../runtime/index.js';
import type {
  EnqueueOptions,
  PauseOptions,
  PublishOptions,
  RequestOptions,
} from './call-options.js';

// By hand and field by field: this runs once per message, and most messages have no option at all.

type Parsers<O> = { readonly [K in keyof O]-?: (value: NonNullable<O[K]>) => unknown };

const headers = (value: unknown): unknown => {
  const isText = isObject(value) && Object.values(value).every((text) => typeof text === 'string');
  return isText ? value : refuse('headers', value, 'texts by name');
};

const duration =
  (option: string, min = 0) =>
  (value: unknown): number => {
    const milliseconds = parseDuration(value);
    if (milliseconds !== undefined && milliseconds >= min) return milliseconds;
    return refuse(option, value, min === 0 ? DURATION_FORM : `${DURATION_FORM}, more than 0`);
  };

const oneOf =
  (option: string, ...values: readonly string[]) =>
  (value: unknown): unknown =>
    values.includes(value as string) ? value : refuse(option, value, values.join(' or '));

const BACKOFF: Parsers<BackoffOptions> = {
  type: oneOf('backoff.type', 'fixed', 'exponential'),
  delay: duration('backoff.delay'),
  max: duration('backoff.max'),
  jitter: (value: unknown) =>
    typeof value === 'number' && value >= 0 && value <= 1
      ? value
      : refuse('backoff.jitter', value, 'a number from 0 to 1'),
};

const PUBLISH: Parsers<PublishOptions> = {
  headers,
  key: (value: unknown) => checkName('the key', value),
};

const attempts = (value: unknown): unknown =>
  Number.isSafeInteger(value) && (value as number) > 0
    ? value
    : refuse('attempts', value, 'a whole number from 1');

const ENQUEUE: Parsers<EnqueueOptions> = {
  headers,
  key: (value: unknown) => checkName('the key', value),
  dedupeId: (value: unknown) => checkName('the dedupeId', value),
  delay: duration('delay'),
  timeout: duration('timeout'),
  attempts,
  backoff: (value: unknown) => parse(BACKOFF, value, 'a back-off', 'backoff.'),
};

const RETRY: Parsers<RetryOptions> = {
  attempts,
  backoff: (value: unknown) => parse(BACKOFF, value, 'a back-off', 'retry.backoff.'),
  codes: (value: unknown) =>
    Array.isArray(value) && value.every((code) => typeof code === 'string')
      ? value
      : refuse('retry.codes', value, 'a list of codes'),
};

const parseRetry = (value: unknown): RequestRetry =>
  toRetry(
    typeof value === 'number'
      ? (attempts(value) as number)
      : parse(RETRY, value, 'the retry of a request', 'retry.'),
  );

const REQUEST: Parsers<RequestOptions> = {
  headers,
  timeout: duration('timeout', 1),
  mode: oneOf('mode', 'reliable', 'fast'),
  key: (value: unknown) => checkName('the key', value),
  id: (value: unknown) => checkName('the id', value),
  retry: (value: unknown) => parseRetry(value),
  signal: (value: unknown) =>
    value instanceof AbortSignal ? value : refuse('signal', value, 'an AbortSignal'),
};

/** @param backoff what a partial back-off is completed with. @throws InvalidOptionsError, InvalidNameError */
export function parseEnqueueOptions(options: unknown, backoff: BackoffPolicy): TaskOptions {
  const parsed: TaskOptions = parse(ENQUEUE, options, 'a task');
  return parsed.backoff === undefined
    ? parsed
    : { ...parsed, backoff: { ...backoff, ...parsed.backoff } };
}

/** @throws InvalidOptionsError */
export const parseRequestOptions = (options: unknown): RequestCall =>
  parse(REQUEST, options, 'a request');

/** @throws InvalidOptionsError */
export const parsePublishOptions = (options: unknown): EventOptions =>
  parse(PUBLISH, options, 'an event');

const PAUSE: Parsers<PauseOptions> = {
  requests: (value: unknown) =>
    typeof value === 'boolean' ? value : refuse('requests', value, 'true or false'),
  service: (value: unknown) => checkName('the service', value),
};

/** @throws InvalidOptionsError, InvalidNameError */
export function parsePausedQueue(queue: unknown = DEFAULT_QUEUE, options?: unknown): PausedQueue {
  const name = checkName('the name of a queue', queue);
  const { requests = false, service }: PauseOptions =
    options === undefined ? {} : parse(PAUSE, options, 'a pause');
  return { queue: name, service, requests };
}

/** @throws InvalidBatchError */
export function checkTaskList(tasks: unknown): void {
  const isList =
    Array.isArray(tasks) && tasks.every((task) => typeof task === 'object' && task !== null);
  if (!isList) throw new InvalidBatchError('a batch is a list of tasks');
}

function parse<O extends object>(
  parsers: Parsers<O>,
  options: unknown,
  owner: string,
  prefix = '',
): object {
  if (!isObject(options))
    refuse(prefix === '' ? 'the last argument' : prefix.slice(0, -1), options, 'an object');
  const parsed: Record<string, unknown> = {};
  for (const option of Object.keys(options)) {
    const value = options[option];
    if (!Object.hasOwn(parsers, option)) {
      throw new InvalidOptionsError(
        `${owner} has no option ${prefix}${option}, allowed: ${Object.keys(parsers).join(', ')}`,
      );
    }
    if (value !== undefined) parsed[option] = parsers[option as keyof O](value as never);
  }
  return parsed;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function refuse(option: string, value: unknown, allowed: string): never {
  const shown = typeof value === 'string' ? `"${value.slice(0, 100)}"` : String(value);
  throw new InvalidOptionsError(`${option} is ${shown}, allowed: ${allowed}`);
}
