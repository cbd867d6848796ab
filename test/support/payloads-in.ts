import type { Redis } from 'ioredis';
import { fieldOf } from '../../lib/backend/redis/entries.js';
import { decodeEntry } from '../../lib/codec/index.js';

/** What the messages of a stream carry, as they lie. */
export async function payloadsIn(redis: Redis, stream: string): Promise<unknown[]> {
  const entries = await redis.xrangeBuffer(stream, '-', '+');
  return entries.map(
    ([, fields]) => JSON.parse(decodeEntry(fieldOf(fields, 'm')!).payload.toString()) as unknown,
  );
}
