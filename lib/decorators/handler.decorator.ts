import {
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

const NAMES = { task: 'OnTask', event: 'OnEvent', request: 'OnRequest' } as const;

/** Where Nest's pattern decorators note that a method has a pattern already. */
const NEST_HANDLER_TYPE = 'microservices:handler_type';

/** What the three decorators share: they check, and note metadata for our explorer and for Nest's. */
export const handlerDecorator =
  (kind: Kind, name: string, options: unknown): MethodDecorator =>
  (target, key, descriptor) => {
    const subject = `@${NAMES[kind]}(${JSON.stringify(name)}) on ${describeMethod(target, key)}`;
    refuseMisplaced(subject, target, key, descriptor);
    const metadata: HandlerMetadata = {
      ...parseHandlerOptions(kind, options, subject),
      kind,
      name: checkName(`${subject}: the name`, name),
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
      `${subject}: the method is decorated with @${NAMES[other.kind]}(${JSON.stringify(other.name)}) already; give each name a method of its own`,
    );
  }
  if (Reflect.hasMetadata(NEST_HANDLER_TYPE, method)) {
    throw new InvalidConfigError(
      `${subject}: the method has a pattern of Nest already; give each pattern a method of its own`,
    );
  }
}
