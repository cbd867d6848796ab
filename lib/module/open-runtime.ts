import type { ResolvedOptions } from '../config/index.js';
import { createRuntime, type Runtime, type RuntimeLog } from '../runtime/index.js';
import { createBackend, createTurns } from './create-backend.js';

/** A runtime on its backend, not connected yet. Says what is allowed but surprising. */
export async function openRuntime(options: ResolvedOptions, log: RuntimeLog): Promise<Runtime> {
  for (const warning of options.warnings) log.warn(warning);
  const backend = await createBackend(options, log);
  const turns = await createTurns(options, log);
  return createRuntime({ backend, turns, settings: options.settings, codec: options.codec, log });
}
