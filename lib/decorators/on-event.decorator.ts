import { handlerDecorator } from './handler.decorator.js';

/**
 * The method gets the events with this name: in every instance that runs when they are published, at most once.
 * @publicApi
 */
export const OnEvent = (name: string): MethodDecorator =>
  handlerDecorator('event', name, undefined);
