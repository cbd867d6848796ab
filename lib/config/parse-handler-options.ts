import { check } from './check.js';
import type { HandlerMetadata } from './handler-metadata.js';
import { refuse } from './problem.js';
import {
  eventHandlerSchema,
  groupSchema,
  requestHandlerSchema,
  taskHandlerSchema,
} from './schema.js';

const SCHEMAS = {
  task: taskHandlerSchema,
  request: requestHandlerSchema,
  event: eventHandlerSchema,
} as const;

type HandlerOptions = Omit<HandlerMetadata, 'kind' | 'name' | 'declaredOn'>;

/**
 * Checks what a decorator was given, durations made milliseconds.
 * @param subject what the writer would search for: `@OnTask('create') on OrdersController.create`
 * @throws InvalidConfigError
 */
export function parseHandlerOptions(
  kind: keyof typeof SCHEMAS,
  options: unknown,
  subject: string,
): HandlerOptions {
  const { value, problems } = check<object>(SCHEMAS[kind], options ?? {});
  refuse(subject, problems);
  return value ?? {};
}

/** @throws InvalidConfigError */
export function parseGroupOptions(options: unknown, subject: string): { readonly broker?: string } {
  const { value, problems } = check(groupSchema, options ?? {});
  refuse(subject, problems);
  return value?.broker === undefined ? {} : { broker: value.broker };
}
