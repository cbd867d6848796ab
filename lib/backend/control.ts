/**
 * What is said on an app's control channel, as text: `due <ms>` when a delayed message becomes the next one,
 * `cancel <unique> <consumer>` when a running task is to stop, `members <epoch> <change> <weight> <consumer>` when
 * somebody came, went or got another weight, `pause <service>` when one of its queues stops or goes on.
 */
export type ControlMessage =
  | { readonly type: 'due'; readonly at: number }
  | { readonly type: 'cancel'; readonly unique: string; readonly consumer: string }
  | { readonly type: 'pause'; readonly service: string }
  | MembersChange;

export interface MembersChange {
  readonly type: 'members';
  /** Counts every change. */
  readonly epoch: number;
  readonly change: 'joined' | 'left' | 'evicted' | 'weight';
  readonly consumer: string;
  /** The member's weight after it. */
  readonly weight: number;
}

export function encodeControl(message: ControlMessage): string {
  if (message.type === 'due') return `due ${message.at}`;
  if (message.type === 'cancel') return `cancel ${message.unique} ${message.consumer}`;
  if (message.type === 'pause') return `pause ${message.service}`;
  const { epoch, change, weight, consumer } = message;
  return `members ${epoch} ${change} ${weight} ${consumer}`;
}

/** Returns `undefined` for what a newer release may say. */
export function decodeControl(text: string): ControlMessage | undefined {
  const [type, first = '', ...rest] = text.split(' ');
  if (type === 'due') return { type, at: Number(first) };
  if (type === 'cancel') return { type, unique: first, consumer: rest.join(' ') };
  if (type === 'pause') return { type, service: [first, ...rest].join(' ') };
  if (type === 'members') {
    const [change = '', weight, ...consumer] = rest;
    if (!isChange(change)) return undefined;
    return {
      type,
      epoch: Number(first),
      change,
      weight: Number(weight),
      consumer: consumer.join(' '),
    };
  }
  return undefined;
}

const isChange = (text: string): text is MembersChange['change'] =>
  ['joined', 'left', 'evicted', 'weight'].includes(text);
