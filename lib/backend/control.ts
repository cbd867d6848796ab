/**
 * What is said on an app's control channel, as text: `due <ms>` when a delayed message becomes the next one,
 * `cancel <unique> <consumer>` when a running task is to stop, `members <epoch>` when somebody came or went.
 */
export type ControlMessage =
  | { readonly type: 'due'; readonly at: number }
  | { readonly type: 'cancel'; readonly unique: string; readonly consumer: string }
  | { readonly type: 'members'; readonly epoch: number };

export function encodeControl(message: ControlMessage): string {
  if (message.type === 'due') return `due ${message.at}`;
  if (message.type === 'cancel') return `cancel ${message.unique} ${message.consumer}`;
  return `members ${message.epoch}`;
}

/** Returns `undefined` for what a newer release may say. */
export function decodeControl(text: string): ControlMessage | undefined {
  const [type, first = '', ...rest] = text.split(' ');
  if (type === 'due') return { type, at: Number(first) };
  if (type === 'cancel') return { type, unique: first, consumer: rest.join(' ') };
  if (type === 'members') return { type, epoch: Number(first) };
  return undefined;
}
