import { handlerDecorator } from './handler.decorator.js';

/**
 * The method gets the events with this name: in every instance that runs when they are published, at most once.
 * @param options there are none yet
 * @publicApi
 */
export const OnEvent = (name: string, options?: Record<string, never>): MethodDecorator =>
  handlerDecorator('event', name, options);
