import type { RuntimeEvents } from '../runtime/index.js';

/** What a server says of itself, with what its listeners are called with. @publicApi */
export type ServerEvents = {
  [E in keyof RuntimeEvents]: (value: RuntimeEvents[E]) => void;
};

/** @publicApi */
export type ServerStatus = 'connected' | 'disconnected' | 'draining' | 'drained';
