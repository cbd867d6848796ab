import { BackendRefusedError, BrokerError, InvalidConfigError } from '../../errors/index.js';
import { toGlob } from './glob.js';
import { AppKeys } from './keys.js';
import type { RedisLink } from './link.js';
import { toRedisFailure } from './redis-error.js';

const DISAGREE =
  'who shares an app must agree on events.sharded, or events are not heard: stop those, or set it alike';

/**
 * Refuses to start where events would not be heard: on a server without sharded Pub/Sub, and beside instances that
 * listen to events in the other way, as far as they can be seen.
 * @throws BackendRefusedError, InvalidConfigError
 */
export async function checkSharding(command: RedisLink, keys: AppKeys): Promise<void> {
  try {
    await (keys.sharded ? checkPlainOnes(command, keys) : checkShardedOnes(command, keys));
  } catch (cause) {
    if (cause instanceof BrokerError) throw cause;
    throw toRedisFailure(cause).error;
  }
}

async function checkPlainOnes(command: RedisLink, keys: AppKeys): Promise<void> {
  const known = (await command.call('COMMAND', ['INFO', 'SSUBSCRIBE', 'SPUBLISH'])) as unknown[];
  if (known.some((info) => info === null)) {
    throw new BackendRefusedError(
      'the option events.sharded needs Redis 7.0 or later: this server knows no SSUBSCRIBE and SPUBLISH',
    );
  }
  const { prefix, appName } = keys;
  const plain = new AppKeys(prefix, appName).channel('event');
  if (await isHeard(command, 'CHANNELS', plain)) {
    throw new InvalidConfigError(
      `the option events.sharded is set, but instances of the app "${appName}" listen to events without it: ${DISAGREE}`,
    );
  }
  await command.call('SET', [keys.key('sharded'), '1']);
}

async function checkShardedOnes(command: RedisLink, keys: AppKeys): Promise<void> {
  const mark = keys.key('sharded');
  if ((await command.call('GET', [mark])) === null) return;
  const { prefix, appName } = keys;
  const sharded = new AppKeys(prefix, appName, true).channel('event');
  if (await isHeard(command, 'SHARDCHANNELS', sharded)) {
    throw new InvalidConfigError(
      `the option events.sharded is not set, but instances of the app "${appName}" listen to events with it: ${DISAGREE}`,
    );
  }
  // nobody is left who listens that way
  await command.call('DEL', [mark]);
}

async function isHeard(
  command: RedisLink,
  which: 'CHANNELS' | 'SHARDCHANNELS',
  channels: string,
): Promise<boolean> {
  const found = await command.call('PUBSUB', [which, toGlob(channels, '>')]);
  return (found as unknown[]).length > 0;
}
