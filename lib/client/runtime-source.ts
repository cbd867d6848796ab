import type { ResolvedOptions } from '../config/index.js';
import type { Runtime } from '../runtime/index.js';

/** Where a client gets its runtime: the one it shares with the handlers of its app, or one of its own. */
export interface RuntimeSource {
  readonly options: ResolvedOptions;
  /** Present if there is one already. */
  readonly shared?: Runtime;
  /** Makes one, not connected yet. */
  create(): Promise<Runtime>;
}
