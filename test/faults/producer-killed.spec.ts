import { describe, expect } from 'vitest';
import type { FaultApp } from './fault-app.js';
import { SCRIPTS } from '../../lib/backend/redis/scripts.js';
import { decodeEntry } from '../../lib/codec/index.js';
import { faultTest } from './fault-test.js';

const SIZE = 100;
/** Of a payload: so much that a batch leaves in many packets. */
const BYTES = 2_000;
const flood = { size: SIZE, bytes: BYTES };

interface Flooded {
  readonly batch: number;
  readonly n: number;
  readonly filling: string;
}

/** How many messages of each batch arrived, each of them whole. */
async function batchesOf(app: FaultApp): Promise<Map<number, number>> {
  const batches = new Map<number, number>();
  for (const [, fields] of await app.redis.xrangeBuffer(app.keys.stream('t:flood'), '-', '+')) {
    expect([fields.length, String(fields[0])]).toEqual([2, 'm']);
    const { envelope, payload } = decodeEntry(fields[1]!);
    expect(envelope.address).toBe('t:flood');
    const { batch, filling } = JSON.parse(String(payload)) as Flooded;
    expect(filling).toHaveLength(BYTES);
    batches.set(batch, (batches.get(batch) ?? 0) + 1);
  }
  return batches;
}

describe('a producer is killed', () => {
  faultTest('before its batch arrives: nothing of it is there', async ({ app }) => {
    const proxy = await app.proxy();
    const producer = await app.spawn({ through: proxy });
    const torn = proxy.tear(SCRIPTS.add.sha, 0);
    await producer.call('flood', flood);
    await torn;
    await producer.kill();
    proxy.cut();

    expect(await batchesOf(app)).toEqual(new Map());
  });

  faultTest('while its batch arrives: nothing of it is there', async ({ app }) => {
    const proxy = await app.proxy();
    const producer = await app.spawn({ through: proxy });
    await producer.call('flood', flood);
    await producer.facts.count(3, ({ what }) => what === 'acked');
    await proxy.tear(SCRIPTS.add.sha, 20_000);
    await producer.kill();
    proxy.cut();

    const batches = await batchesOf(app);
    expect(batches.size).toBe(producer.facts.filter(({ what }) => what === 'acked').length);
    expect(new Set(batches.values())).toEqual(new Set([SIZE]));
  });

  faultTest(
    'after its batch arrived: all of it is there, once, and is handled',
    async ({ app }) => {
      const proxy = await app.proxy();
      const producer = await app.spawn({ through: proxy });
      await producer.call('enqueue', [{ name: 'warm', data: {} }]);
      const lost = proxy.loseReply(SCRIPTS.add.sha);
      proxy.refuse();
      await producer.call('flood', flood);
      await lost;
      await producer.kill();

      expect(await batchesOf(app)).toEqual(new Map([[0, SIZE]]));
      expect(producer.facts.filter(({ what }) => what === 'acked')).toEqual([]);
      const { facts } = await app.start({ tasks: ['flood'] });
      await facts.count(SIZE, ({ what }) => what === 'ended');
      await app.counted({ done: SIZE });
    },
  );

  faultTest('at any moment: every batch is there as a whole or not at all', async ({ app }) => {
    const producers = await Promise.all([1, 2, 3].map(async () => await app.spawn()));
    for (const [i, producer] of producers.entries()) {
      await producer.call('flood', flood);
      await producer.facts.count(5 + 7 * i, ({ what }) => what === 'acked');
      await producer.kill();

      const batches = await batchesOf(app);
      expect(new Set(batches.values())).toEqual(new Set([SIZE]));
      for (const { n } of producer.facts.filter(({ what }) => what === 'acked')) {
        expect(batches.has(n ?? -1)).toBe(true);
      }
      await app.redis.del(app.keys.stream('t:flood'));
    }
  });
});
