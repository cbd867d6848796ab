import type { Kind, QueuedKind } from './kind.js';

/**
 * Where a queued message is sent: its kind and its name in one string, `t:orders.create` or `r:orders.get`.
 * A task and a request may share a name; an address is unique in its app. An event that is kept is sent to `e::` and
 * its name, and copied from there to every subscription.
 */
export type Address = `${'t' | 'r' | 'e'}:${string}`;

const KINDS: Readonly<Record<string, Kind>> = { t: 'task', r: 'request', e: 'event' };
/** Lengths are those of the UTF-8 bytes: scripts read them, too. */
const LENGTH = /^(\d+):/;

export const toAddress = (kind: QueuedKind, name: string): Address =>
  kind === 'task' ? `t:${name}` : `r:${name}`;

/** Where a publisher sends an event that is kept. */
export const toEventAddress = (name: string): Address => `e::${name}`;

export const addressKind = (address: Address): Kind => KINDS[address.slice(0, 1)] ?? 'request';

/** Name of the task, the request or the event. */
export const addressName = (address: Address): string =>
  address.startsWith('e:') ? toSubscription(address).event : address.slice(2);

/** Events that a service takes, kept for it until one of its instances has handled them. */
interface Subscription {
  readonly service: string;
  /** Tells several handlers of one event in one service apart; mostly empty. */
  readonly name: string;
  readonly event: string;
}

/** Where the copies of a subscription are sent. */
export const toSubscriptionAddress = ({ service, name, event }: Subscription): Address =>
  `e:${sized(service)}${sized(name)}${event}`;

/** Whose an address is; of where events are published, `service` is empty. */
export function toSubscription(address: string): Subscription {
  const [service, behind] = takeSized(address.slice(2));
  if (service === undefined) return { service: '', name: '', event: address.slice(3) };
  const [name = '', event] = takeSized(behind);
  return { service, name, event };
}

/** For people: whose an event's address is; nothing of a task or a request. */
export function subscriberOf(address: Address): {
  readonly service?: string;
  readonly subscription?: string;
} {
  if (addressKind(address) !== 'event') return {};
  const { service, name } = toSubscription(address);
  return { service, ...(name === '' ? {} : { subscription: name }) };
}

const sized = (text: string): string => `${Buffer.byteLength(text)}:${text}:`;

function takeSized(text: string): readonly [string | undefined, string] {
  const [head, length] = LENGTH.exec(text) ?? [];
  if (head === undefined) return [undefined, text];
  const bytes = Buffer.from(text.slice(head.length));
  const end = Number(length);
  return [bytes.toString('utf8', 0, end), bytes.toString('utf8', end + 1)];
}
