import {
  DECORATORS,
  HANDLER_EXTRAS,
  BROKER_TRANSPORT,
  addHandler,
  ownHandler,
  parseHandlerOptions,
  type HandlerMetadata,
} from '../config/index.js';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { InvalidConfigError } from '../errors/index.js';
import { checkName, type Kind } from '../message/index.js';
import { describeMethod } from './describe-method.js';

/** In place of a name: name and options stand in the option `handlers` of the broker, and beat those beside the key. @publicApi */
export interface HandlerByKey {
  /** The key in `handlers`. */
  readonly handler: string;
}

/** Where Nest's pattern decorators note that a method has a pattern already. */
const NEST_HANDLER_TYPE = 'microservices:handler_type';

/** What the three decorators share: they check, and note metadata for our explorer and for Nest's. */
export const handlerDecorator =
  (kind: Kind, who: string | HandlerByKey, given: unknown): MethodDecorator =>
  (target, key, descriptor) => {
    const subject = `${describeDecorator(kind, who)} on ${describeMethod(target, key)}`;
    refuseMisplaced(subject, target, key, descriptor);
    const { name, options, ...rest } = read(who, given, subject);
    const metadata: HandlerMetadata = {
      ...parseHandlerOptions(kind, options, subject),
      ...rest,
      kind,
      name,
      declaredOn: target,
    };
    addHandler(target, key as string, metadata);
    const extras = { [HANDLER_EXTRAS]: metadata };
    const pattern =
      kind === 'event'
        ? EventPattern<string>(name, BROKER_TRANSPORT, extras)
        : MessagePattern(name, BROKER_TRANSPORT, extras);
    pattern(target, key, descriptor);
  };

interface Read {
  readonly name: string;
  readonly key?: string;
  readonly options: unknown;
}

function read(who: string | HandlerByKey, given: unknown, subject: string): Read {
  if (typeof who !== 'object' || who === null) {
    return { name: checkName(`${subject}: the name`, who), options: given };
  }
  const { handler, ...options } = who;
  if (given !== undefined) {
    throw new InvalidConfigError(`${subject}: options stand beside the key, in one object`);
  }
  const key = checkName(`${subject}: the key`, handler);
  return { name: key, key, options };
}

const describeDecorator = (kind: Kind, who: string | HandlerByKey): string => {
  const isKey = typeof who === 'object' && who !== null;
  const shown = isKey ? `{ handler: ${JSON.stringify(who.handler)} }` : JSON.stringify(who);
  return `@${DECORATORS[kind]}(${shown})`;
};

function refuseMisplaced(
  subject: string,
  target: object,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
): void {
  const method: unknown = descriptor?.value;
  if (typeof target === 'function' || typeof key !== 'string' || typeof method !== 'function') {
    throw new InvalidConfigError(`${subject}: a handler is a method with a name, not static`);
  }
  const other = ownHandler(target, key);
  if (other !== undefined) {
    throw new InvalidConfigError(
      `${subject}: the method is decorated with ${describeDecorator(other.kind, other.key === undefined ? other.name : { handler: other.key })} already; give each name a method of its own`,
    );
  }
  if (Reflect.hasMetadata(NEST_HANDLER_TYPE, method)) {
    throw new InvalidConfigError(
      `${subject}: the method has a pattern of Nest already; give each pattern a method of its own`,
    );
  }
}
