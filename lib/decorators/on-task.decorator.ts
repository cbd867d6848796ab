import type { TaskPolicyOptions } from '../config/index.js';
import { handlerDecorator, type HandlerByKey } from './handler.decorator.js';

/** What a task handler asks for; what it leaves out comes from the broker's `tasks` option. @publicApi */
export interface OnTaskOptions extends TaskPolicyOptions {
  /** At most this many at once in this instance; default: the instance's `maxJobs` alone counts. */
  readonly concurrency?: number;
  /** The queue of the service it belongs to, see `queues`. Default `default`. */
  readonly queue?: string;
}

/**
 * The method handles the tasks with this name. It resolves: the task is done. It throws: the task runs again after
 * its back-off, and becomes a dead letter after its last attempt. `{ handler: 'createOrder' }` in place of a name: name
 * and options are those of `handlers.createOrder` in the options of the broker.
 * @publicApi
 */
export function OnTask(name: string, options?: OnTaskOptions): MethodDecorator;
export function OnTask(handler: HandlerByKey & OnTaskOptions): MethodDecorator;
export function OnTask(who: string | HandlerByKey, options?: OnTaskOptions): MethodDecorator {
  return handlerDecorator('task', who, options);
}
