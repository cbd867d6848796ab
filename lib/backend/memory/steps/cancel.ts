import { addressName } from '../../../message/index.js';
import type { CancelResult } from '../../index.js';
import type { MemoryHub } from '../hub.js';

/** Takes out a message nobody holds; tells its holder otherwise. */
export function cancel(
  hub: MemoryHub,
  { name, unique }: { readonly name: string; readonly unique: string },
): CancelResult {
  const message = hub.messages.get(unique);
  const place = message?.place;
  if (message === undefined || place === undefined || addressName(message.address) !== name) {
    return 'unknown';
  }
  if (place.holder !== undefined) {
    hub.say({ type: 'cancel', unique, consumer: place.holder });
    return 'signalled';
  }
  place.remove(message);
  hub.end(message);
  return 'removed';
}
