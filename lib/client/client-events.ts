import type { RuntimeEvents } from '../runtime/index.js';

/** What a client says of itself, with what its listeners are called with. @publicApi */
export type ClientEvents = {
  [E in keyof RuntimeEvents]: (value: RuntimeEvents[E]) => void;
};

/** What `status` of a client tells of its connection. @publicApi */
export type ClientStatus = 'connected' | 'disconnected';
