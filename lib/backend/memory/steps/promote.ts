import type { MemoryHub } from '../hub.js';
import type { StoredMessage } from '../stored-message.js';

/** Places what is due, in the order of the due times: a retry holds its key still, others take their place in its order now. */
export function promote(hub: MemoryHub): { readonly nextDue?: number; readonly now: number } {
  const now = hub.clock.now();
  let message: StoredMessage | undefined;
  while ((message = hub.delayed.takeDue(now)) !== undefined) {
    if (hub.gate.holds(message)) hub.place(message);
    else hub.admit(message);
  }
  const { nextDue } = hub.delayed;
  return nextDue === undefined ? { now } : { nextDue, now };
}
