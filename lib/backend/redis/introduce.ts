import type { Redis } from 'ioredis';

/** A connection as the server knows it. */
export interface Client {
  readonly id: string;
  readonly address: string;
  /** Whether the server can be told not to answer a command. */
  readonly quiet: boolean;
}

/** Asks a new connection who it is, and ends the one before it. */
export async function introduce(redis: Redis, before: Client | undefined): Promise<Client> {
  const [info, quiet] = await Promise.all([redis.client('INFO'), canBeQuiet(redis)]);
  if (before !== undefined) await bury(redis, before);
  return { id: fieldOf(info, 'id'), address: fieldOf(info, 'addr'), quiet };
}

/** Not every server knows the command, and not everybody may send it. */
async function canBeQuiet(redis: Redis): Promise<boolean> {
  try {
    return (await redis.client('REPLY', 'ON')) === 'OK';
  } catch (error) {
    if ((error as Error).name !== 'ReplyError') throw error;
    return false;
  }
}

/**
 * Ends the connection before this one on the server. When the network broke, the server may not know yet: a read
 * that waits there would still be handed messages, and bytes under way would still be carried out. Its address is
 * named too, because a server that was restarted counts its clients from 1 again.
 */
async function bury(redis: Redis, { id, address }: Client): Promise<void> {
  // a Unix socket breaks at both ends, and all connections to it have one address
  if (address.endsWith(':0')) return;
  try {
    await redis.client('KILL', 'ID', id, 'ADDR', address);
  } catch (error) {
    // not everybody may kill: what such a read is handed is found by the reader's next look at its own list
    if ((error as Error).name !== 'ReplyError') throw error;
  }
}

const fieldOf = (info: string, name: string): string =>
  new RegExp(`\\b${name}=(\\S+)`).exec(info)?.[1] ?? '';
