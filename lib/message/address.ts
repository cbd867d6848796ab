import type { QueuedKind } from './kind.js';

/**
 * Where a queued message is sent: its kind and its name in one string, `t:orders.create` or `r:orders.get`.
 * A task and a request may share a name; an address is unique in its app.
 */
export type Address = `${'t' | 'r'}:${string}`;

export const toAddress = (kind: QueuedKind, name: string): Address =>
  kind === 'task' ? `t:${name}` : `r:${name}`;

export const addressKind = (address: Address): QueuedKind =>
  address.startsWith('t:') ? 'task' : 'request';

export const addressName = (address: Address): string => address.slice(2);
