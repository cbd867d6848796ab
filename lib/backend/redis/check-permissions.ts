import { BackendRefusedError } from '../../errors/index.js';
import type { Layout } from './layout.js';
import type { RedisLink } from './link.js';

/**
 * Refuses to start with a user that may not do all that scripts do. Redis 6.2 cannot tell; there the first step that needs
 * more fails.
 * @throws BackendRefusedError which names what is missing
 */
export async function checkPermissions(
  command: RedisLink,
  { scripts, keys }: Layout,
): Promise<void> {
  const args = [keys.root, keys.channel('control')];
  const missing = ((await command.run(scripts.permissions, args)) as Buffer[]).map(String);
  if (missing.length === 0) return;
  const rules = missing.map((name) => `+${name.toLowerCase()}`).join(' ');
  throw new BackendRefusedError(
    `the user of Redis lacks permissions for "${keys.root}*" and its channels: ${rules}`,
  );
}
