import type { RuntimeEvents } from '../runtime/index.js';

/** What a server says of itself, with what its listeners are called with. @publicApi */
export type ServerEvents = {
  [E in keyof RuntimeEvents]: (value: RuntimeEvents[E]) => void;
};

/** What `status` of a server tells: of its connection, then of its shutdown. @publicApi */
export type ServerStatus = 'connected' | 'disconnected' | 'draining' | 'drained';
