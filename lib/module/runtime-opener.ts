import type { ResolvedOptions } from '../config/index.js';
import type { Runtime, RuntimeLog } from '../runtime/index.js';
import { openRuntime } from './open-runtime.js';

/** A runtime, not connected yet, and the options it follows. */
export interface OpenedRuntime {
  readonly options: ResolvedOptions;
  readonly runtime: Runtime;
}

/** How the module gets the runtimes of its brokers. */
export type RuntimeOpener = (options: ResolvedOptions, log: RuntimeLog) => Promise<OpenedRuntime>;

/** Under which the opener of an app is found; a test puts its own there. */
export const RUNTIME_OPENER = 'nestjs-broker:runtime-opener';

export const openAsConfigured: RuntimeOpener = async (options, log) => ({
  options,
  runtime: await openRuntime(options, log),
});
