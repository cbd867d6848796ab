import type { NewMessage } from '../../lib/backend/index.js';
import {
  type Envelope,
  MessageIds,
  type QueuedKind,
  messageId,
  toAddress,
} from '../../lib/message/index.js';

/** What a test says about a message besides its name. */
export type MessageParts = Omit<Partial<NewMessage>, 'envelope'> &
  Omit<Envelope, 'unique' | 'address'> & { readonly unique?: string };

const ids = new MessageIds();

function message(kind: QueuedKind, name: string, parts: MessageParts): NewMessage {
  const { payload = '', delay, dedupe, proposal, ...envelope } = parts;
  return {
    envelope: { unique: ids.unique(), ...envelope, address: toAddress(kind, name) },
    payload,
    ...(delay === undefined ? {} : { delay }),
    ...(dedupe === undefined ? {} : { dedupe }),
    ...(proposal === undefined ? {} : { proposal }),
  };
}

export const task = (name: string, parts: MessageParts = {}): NewMessage =>
  message('task', name, parts);

export const request = (name: string, parts: MessageParts = {}): NewMessage =>
  message('request', name, parts);

/** Tasks whose payloads count from 0. */
export const tasks = (name: string, count: number, parts: MessageParts = {}): NewMessage[] =>
  Array.from({ length: count }, (_, i) => task(name, { ...parts, payload: String(i) }));

/** What `cancel` takes. */
export const idOf = ({ envelope }: Pick<NewMessage, 'envelope'>): string =>
  messageId(envelope.address.slice(2), envelope.unique);
