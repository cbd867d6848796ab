import type { Backend, Clock } from '../backend/index.js';
import type { ResolvedOptions } from '../config/index.js';
import { createRuntime, type Runtime, type RuntimeLog } from '../runtime/index.js';
import { type BackendSurroundings, createBackend, createTurns } from './create-backend.js';

/** What a test, or the command line, has its own ideas of. */
export interface Surroundings extends BackendSurroundings {
  /** Of the runtime, too. */
  readonly clock?: Clock;
  /** Puts something between the runtime and its backend. */
  readonly around?: (backend: Backend) => Backend;
}

/** A runtime on its backend, not connected yet. Says what is allowed but surprising. */
export async function openRuntime(
  options: ResolvedOptions,
  log: RuntimeLog,
  { clock, looks, around = (backend) => backend }: Surroundings = {},
): Promise<Runtime> {
  for (const warning of options.warnings) log.warn(warning);
  const backend = around(await createBackend(options, log, { clock, looks }));
  const turns = await createTurns(options, log);
  const { settings, codec } = options;
  return createRuntime({ backend, turns, settings, codec, log, ...(clock && { clock }) });
}
