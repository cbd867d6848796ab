import { handlerDecorator } from './handler.decorator.js';

/**
 * The method gets the events with this name: in every instance that runs when they are published, at most once.
 * Tokens of the name (what stands between its dots) can be wildcards: `*` stands for exactly one, `>` at the end for
 * all that are left, at least one. `ctx.name` is the name of the event. A pattern that can match nothing stops the
 * start with INVALID_NAME.
 * @param options there are none yet
 * @publicApi
 */
export const OnEvent = (name: string, options?: Record<string, never>): MethodDecorator =>
  handlerDecorator('event', name, options);
