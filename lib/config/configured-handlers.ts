import { InvalidConfigError } from '../errors/index.js';
import { checkName } from '../message/index.js';
import { DECORATORS, type HandlerMetadata } from './handler-metadata.js';
import { parseHandlerOptions } from './parse-handler-options.js';

/** The option `handlers`, checked. */
export type ConfiguredHandlers = Readonly<
  Record<string, { readonly name: string } & Readonly<Record<string, unknown>>>
>;

/** @throws InvalidNameError */
export function toConfigured(
  handlers: Readonly<Record<string, { readonly name?: string | undefined }>> = {},
): ConfiguredHandlers {
  const entries = Object.entries(handlers).map(([key, { name = key, ...rest }]) => [
    key,
    Object.freeze({ ...rest, name: checkName(`handlers.${key}.name`, name) }),
  ]);
  return Object.freeze(Object.fromEntries(entries) as ConfiguredHandlers);
}

/** Gives handlers what the options say under their keys, and keeps account of the keys. */
export class HandlerKeys {
  readonly #handlers: ConfiguredHandlers;
  readonly #used = new Set<string>();

  constructor(handlers: ConfiguredHandlers = {}) {
    this.#handlers = handlers;
  }

  /** Keys that no handler has asked for. */
  get unused(): readonly string[] {
    return Object.keys(this.#handlers).filter((key) => !this.#used.has(key));
  }

  /**
   * What a decorator says, with what the options say under its key, which beats it.
   * @param origin `OrdersController.create`, for people
   * @throws InvalidConfigError where there is no such key, or an option that handlers of this kind have not
   */
  of(metadata: HandlerMetadata, origin: string): HandlerMetadata {
    const { key, kind } = metadata;
    if (key === undefined) return metadata;
    const subject = `@${DECORATORS[kind]}({ handler: ${JSON.stringify(key)} }) on ${origin}`;
    const found = Object.hasOwn(this.#handlers, key) ? this.#handlers[key] : undefined;
    if (found === undefined) {
      const keys = Object.keys(this.#handlers).join(', ');
      throw new InvalidConfigError(
        `${subject}: the option handlers has no such key, ${keys === '' ? 'it has none' : `it has ${keys}`}`,
      );
    }
    this.#used.add(key);
    const { name, ...options } = found;
    const own = parseHandlerOptions(kind, options, `${subject}: handlers.${key}`);
    return { ...metadata, ...own, name };
  }
}
