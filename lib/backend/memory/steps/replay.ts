import { type Address, type Envelope, addressKind, addressName } from '../../../message/index.js';
import type { MemoryHub } from '../hub.js';

/** Puts a dead letter back, at the end of its key, as if it had never been tried; tells whether it was there. */
export function replay(hub: MemoryHub, entry: string): boolean {
  const address = hub.grave.find(entry)?.envelope.address;
  // what nobody is subscribed to any more stays where it is
  if (address === undefined || !isWanted(hub, address)) return false;
  const letter = hub.grave.take(entry);
  if (letter === undefined) return false;
  hub.admit(hub.accept(untried(letter.envelope), letter.payload));
  return true;
}

function untried(envelope: Envelope): Envelope {
  const { attempts: _attempts, lost: _lost, forwarded: _forwarded, ...rest } = envelope;
  return rest;
}

const isWanted = (hub: MemoryHub, address: Address): boolean =>
  addressKind(address) !== 'event' ||
  hub.subscriptions.find(address, addressName(address)) !== undefined;
