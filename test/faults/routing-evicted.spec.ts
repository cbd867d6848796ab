import { describe, vi } from 'vitest';
import type { QueuePort } from '../../lib/backend/index.js';
import { SCRIPTS } from '../../lib/backend/redis/scripts.js';
import { eventually } from '../support/eventually.js';
import type { FaultApp } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { range } from './range.js';
import {
  ROUTINGS,
  checkOrder,
  evicted,
  factsOf,
  idOf,
  infoOf,
  joined,
  keyed,
  memberOf,
  pinned,
  plain,
  startsIn,
  tracesOf,
} from './routing.js';
import { sorted } from './sorted.js';

vi.setConfig({ maxConcurrency: ROUTINGS.length });

const tasks = ['work'];
const HOUR = 3_600_000;
/** Messages a script moves at once. */
const CHUNK = 128;
/** In the hands of each of the two that are evicted. */
const HELD = 10;
const PLAIN = 600;
const KEYED = 160;
const ALL = PLAIN + KEYED;

/** Its time is over, as if it had not beaten for long. */
async function expire({ redis, keys }: FaultApp, consumer: string): Promise<void> {
  await redis.zadd(keys.key('expiries'), 1, consumer);
}

/** The first step of an eviction by somebody who does not live to take the next one. */
async function evictOneChunk({ redis, keys }: FaultApp, consumer: string): Promise<unknown> {
  const args = [consumer, CHUNK, '', 5, '{}', '{}', keys.channel('control')];
  return await redis.eval(SCRIPTS.evict.text, 1, keys.root, ...args);
}

/** Takes some of what lies in its lane. */
async function hold(queue: QueuePort, consumer: string): Promise<number> {
  const reader = queue.reader(consumer, 'test', () => true);
  const wants = [{ address: 't:work', group: 't:default', limit: HELD }];
  let held = 0;
  await eventually(async () => {
    held = (await reader.fetch(HELD, wants, true)).deliveries.length;
    return held > 0;
  });
  return held;
}

describe.concurrent('who evicts dies between two steps, and two evict at once', () => {
  faultTest.for(ROUTINGS)('$title', async ({ balancer, fills }, { app, expect }) => {
    const producer = app.broker();
    await producer.runtime.connect();
    const { sender } = producer.runtime;
    const { queue } = producer.backend;
    const gone = ['first', 'second'] as const;
    for (const id of gone) await queue.join(memberOf(id, balancer));
    // several hundred lie in each of their lanes, some in their hands
    for (const hundred of range(PLAIN / 100)) {
      const batch = plain(range(100, hundred * 100));
      await sender.enqueue(fills ? batch : pinned(gone[hundred % 2]!, batch));
    }
    const batch = keyed(range(KEYED, PLAIN), { keys: 40 });
    await sender.enqueue(fills ? batch : pinned(gone[0], batch));
    let lost = 0;
    for (const id of gone) {
      expect((await infoOf(app, id))?.waiting).toBeGreaterThan(CHUNK * 1.5);
      lost += await hold(queue, id);
    }

    // neither would notice anything by itself soon
    const settings = { heartbeatTtl: HOUR, balancer };
    const heirs = [await app.start({ tasks, settings }), await app.start({ tasks, settings })];
    await expire(app, gone[0]);
    expect(await evictOneChunk(app, gone[0])).toBe('more');
    // and nobody beats for a while: who is half gone gets no more time
    await app.redis.set(app.keys.key('tick'), 1);
    for (const heir of heirs) await heir.backend.queue.beat(idOf(heir), []);
    await expire(app, gone[1]);
    const options = { leaving: false, lostLimit: 5 };
    const evictors = heirs.map(async (heir) => await heir.backend.queue.evict(gone[1], options));
    expect(await Promise.all(evictors)).toEqual(['evicted', 'evicted']);
    // one that comes finds out about the other
    const newcomer = await app.start({ tasks, settings: { balancer } });
    await app.counted({ added: ALL, done: ALL }, { within: 10_000 });

    const facts = factsOf(...heirs, newcomer);
    expect(startsIn(facts)).toEqual(range(ALL));
    checkOrder(facts);
    expect(await app.counters()).toMatchObject({ lost, stale: 0, dead: 0 });
    for (const id of gone) {
      await eventually(async () => expect(await tracesOf(app, `"${id}"`)).toEqual([]));
      expect(await app.redis.exists(app.keys.lane(id, 't:default'))).toBe(0);
    }
  });
});

describe.concurrent('an eviction and a beat meet, again and again', () => {
  faultTest.for(ROUTINGS)('$title', async ({ balancer }, { app, expect }) => {
    const through = await app.proxy();
    const ttl = 90;
    const heir = await app.start({ tasks, settings: { heartbeatTtl: HOUR, balancer } });
    const late = await app.start({ tasks, through, settings: { heartbeatTtl: ttl, balancer } });
    const producer = app.broker();
    await producer.runtime.connect();
    // from one beat to the next it takes about as long as it may
    through.delay((ttl - ttl / 3) / 2 - 2);
    const gone = new Set<string>();
    let [alive, sent] = [0, 0];
    await eventually(
      async () => {
        const id = late.runtime.consumerId;
        if (id === undefined || gone.has(id)) return false;
        if (sent < 400 && sent <= 2 * (alive + gone.size)) {
          const batch = [...plain(range(10, sent)), ...keyed(range(10, sent + 10), { keys: 5 })];
          await producer.runtime.sender.enqueue(batch);
          sent += batch.length;
        }
        const options = { leaving: false, lostLimit: 1_000 };
        const verdict = await producer.backend.queue.evict(id, options);
        if (verdict === 'alive') alive += 1;
        else gone.add(id);
        return alive >= 100 && gone.size >= 5;
      },
      { within: 30_000, every: 1 },
    );
    through.delay(0);
    await app.counted({ added: sent, done: sent }, { within: 10_000 });

    await eventually(() => late.runtime.consumerId !== undefined && !gone.has(idOf(late)));
    // nobody else was evicted, and each of them came back
    expect(late.facts.filter(evicted).map(({ consumer }) => consumer)).toEqual([...gone]);
    expect(late.facts.filter(joined)).toHaveLength(gone.size + 1);
    const { consumers, names, gated } = await app.stats();
    expect(sorted(consumers.map(({ id }) => [idOf(late), idOf(heir)].indexOf(id)))).toEqual([0, 1]);
    expect(names).toMatchObject([{ waiting: 0, running: 0 }]);
    expect(gated).toBe(0);
    const facts = factsOf(late, heir);
    expect([...new Set(startsIn(facts))]).toEqual(range(sent));
    checkOrder(facts);
  });
});
