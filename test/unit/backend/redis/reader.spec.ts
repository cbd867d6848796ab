import { afterEach, describe, expect, it } from 'vitest';
import type { Want } from '../../../../lib/backend/index.js';
import { appLayout } from '../../../../lib/backend/redis/layout.js';
import type { RedisLink } from '../../../../lib/backend/redis/link.js';
import { packEntry } from '../../../../lib/backend/redis/pack-groups.js';
import { RedisReader } from '../../../../lib/backend/redis/reader.js';
import type { Address } from '../../../../lib/message/index.js';

const PLACES = 1_000;

/** A server whose streams hold so many messages. */
class FakeLink {
  readonly state = 'up';
  readonly asked: number[] = [];
  waiting = 0;

  readonly onState = (): (() => void) => () => undefined;
  readonly open = (): void => undefined;
  readonly close = (): void => undefined;

  call(_command: string, bytes: Buffer): Promise<unknown> {
    const count = Number(/COUNT\r\n\$\d+\r\n(\d+)/.exec(bytes.toString())?.[1]);
    this.asked.push(count);
    const taken = Math.min(count, this.waiting);
    this.waiting -= taken;
    const message = packEntry({
      envelope: { unique: 'u', address: 't:work' },
      payload: Buffer.alloc(0),
    });
    const entry = [Buffer.from('1-0'), [Buffer.from('m'), message]];
    return Promise.resolve([[Buffer.from('s'), Array.from({ length: taken }, () => entry)]]);
  }
}

describe('how much a read takes', () => {
  const readers: RedisReader[] = [];
  afterEach(async () => {
    for (const reader of readers.splice(0)) await reader.close();
  });

  function open(server: FakeLink): RedisReader {
    const link = server as unknown as RedisLink;
    const layout = appLayout('broker', 'shop');
    const parts = { link, command: link, layout, holds: () => false };
    const reader = new RedisReader('me', { ...parts, settle: (_link, send) => send() });
    readers.push(reader);
    return reader;
  }

  /** Reads once for each number, so many messages more waiting each time. */
  async function read(addresses: readonly Address[], ...waiting: number[]): Promise<number[]> {
    const server = new FakeLink();
    const reader = open(server);
    const wants: Want[] = addresses.map((address) => ({ address, group: '', limit: PLACES }));
    for (const more of waiting) {
      server.waiting += more;
      await reader.fetch(PLACES, wants);
    }
    return server.asked;
  }

  it('grows while reads come back full, and begins small again when one does not', async () => {
    expect(await read(['t:work'], 100, 0, 0, 0, 0)).toEqual([16, 32, 64, 16, 16]);
    expect(await read(['t:work'], 5_000, 0, 0, 0, 0, 0)).toEqual([16, 32, 64, 128, 256, 256]);
  });

  it('begins larger for requests, whose callers wait for the whole round', async () => {
    expect(await read(['r:ask', 'r:tell'], 32, 33, 0)).toEqual([32, 64, 32]);
  });

  it('begins small where tasks are among what is read', async () => {
    expect(await read(['r:ask', 't:work'], 1, 16)).toEqual([16, 16]);
  });

  it('is never more than there are places for', async () => {
    const server = new FakeLink();
    const reader = open(server);
    await reader.fetch(7, [{ address: 'r:ask', group: '', limit: 7 }]);
    expect(server.asked).toEqual([7]);
  });
});
