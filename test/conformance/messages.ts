import type { NewMessage } from '../../lib/backend/index.js';
import {
  type Address,
  type Envelope,
  MessageIds,
  addressName,
  messageId,
  toAddress,
  toEventAddress,
} from '../../lib/message/index.js';

/** What a test says about a message besides its name. */
export type MessageParts = Omit<Partial<NewMessage>, 'envelope'> &
  Omit<Envelope, 'unique' | 'address'> & { readonly unique?: string };

const ids = new MessageIds();

function message(address: Address, parts: MessageParts): NewMessage {
  const { payload = '', delay, dedupe, proposal, ...envelope } = parts;
  return {
    envelope: { unique: ids.unique(), ...envelope, address },
    payload,
    ...(delay === undefined ? {} : { delay }),
    ...(dedupe === undefined ? {} : { dedupe }),
    ...(proposal === undefined ? {} : { proposal }),
  };
}

export const task = (name: string, parts: MessageParts = {}): NewMessage =>
  message(toAddress('task', name), parts);

export const request = (name: string, parts: MessageParts = {}): NewMessage =>
  message(toAddress('request', name), parts);

/** An event that is kept. */
export const event = (name: string, parts: MessageParts = {}): NewMessage =>
  message(toEventAddress(name), parts);

/** Events whose payloads count from 0. */
export const events = (name: string, count: number, parts: MessageParts = {}): NewMessage[] =>
  Array.from({ length: count }, (_, i) => event(name, { ...parts, payload: String(i) }));

/** Tasks whose payloads count from 0. */
export const tasks = (name: string, count: number, parts: MessageParts = {}): NewMessage[] =>
  Array.from({ length: count }, (_, i) => task(name, { ...parts, payload: String(i) }));

/** What `cancel` takes. */
export const idOf = ({ envelope }: Pick<NewMessage, 'envelope'>): string =>
  messageId(addressName(envelope.address), envelope.unique);
