import { describe, vi } from 'vitest';
import type { Added } from '../../lib/backend/index.js';
import { eventually } from '../support/eventually.js';
import { TAKEOVER, TTL } from './broker.js';
import type { LocalBroker } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { pass } from './pass.js';
import { range } from './range.js';
import {
  ROUTINGS,
  checkOrder,
  ended,
  factsOf,
  idOf,
  infoOf,
  keyed,
  pinned,
  plain,
  started,
  startsIn,
  tracesOf,
} from './routing.js';
import { machineTime } from './work.js';

vi.setConfig({ maxConcurrency: ROUTINGS.length });

const tasks = ['work'];
/** Before the first consumer, for the one that dies with them, while nobody is there. */
const EARLY = 1_000;
const PINNED = 12;
const PLAIN = 100;
const KEYED = 40;
const LATE = 20;
const ALL = EARLY + PINNED + PLAIN + KEYED + LATE;

describe.concurrent('nobody is there: at first, and after the last one died with full lanes', () => {
  faultTest.for(ROUTINGS)('$title', async ({ balancer }, { app, expect }) => {
    const settings = { maxJobs: 8, balancer };
    const producer = app.broker();
    await producer.runtime.connect();
    const { sender } = producer.runtime;
    for (const hundred of range(EARLY / 100)) {
      await sender.enqueue(plain(range(100, hundred * 100)));
    }
    expect(await app.stats()).toMatchObject({ unclaimed: EARLY });
    const last = await app.spawn({ tasks, settings });
    await app.counted({ done: EARLY }, { within: 20_000 });
    expect(startsIn(last.facts.all)).toEqual(range(EARLY));

    const dead = idOf(last);
    const stuck = { hold: true, only: dead };
    await sender.enqueue(pinned(dead, plain(range(PINNED, EARLY), stuck)));
    await sender.enqueue(plain(range(PLAIN, EARLY + PINNED), stuck));
    await sender.enqueue(keyed(range(KEYED, EARLY + PINNED + PLAIN), { keys: 8, ...stuck }));
    await eventually(async () => expect(await infoOf(app, dead)).toMatchObject({ inFlight: 8 }));
    await last.facts.count(EARLY + 8, started);
    const { waiting = 0 } = (await infoOf(app, dead)) ?? {};
    expect(waiting).toBeGreaterThanOrEqual(PINNED - 8);
    await last.kill();
    await pass(TTL);
    const late = plain(range(LATE, ALL - LATE));
    await sender.enqueue([...late.slice(0, LATE / 2), ...pinned(dead, late.slice(LATE / 2))]);

    const start = machineTime();
    const next = await app.start({ tasks, settings });
    await app.counted({ added: ALL, done: ALL }, { within: TAKEOVER * 2 });
    expect(machineTime() - start).toBeLessThan(TAKEOVER);
    expect(startsIn(next.facts.all)).toEqual(range(ALL - EARLY, EARLY));
    checkOrder(factsOf(last, next));
    expect(await app.counters()).toMatchObject({ lost: 8, stale: 0, dead: 0 });
    await eventually(async () => expect(await tracesOf(app, dead)).toEqual([]));
  });
});

const BATCH = 40;

/** Sends a batch and tells what became of each. */
async function send({ runtime, backend }: LocalBroker, from: number): Promise<Added[]> {
  const add = vi.spyOn(backend.queue, 'add');
  await runtime.sender.enqueue([
    ...plain(range(BATCH / 2, from)),
    ...keyed(range(BATCH / 2, from + BATCH / 2), { keys: BATCH / 2, of: `${from} ` }),
  ]);
  const added = (await Promise.all(add.mock.results.map(async ({ value }) => await value)))[0];
  add.mockRestore();
  return added as Added[];
}

/** Sends batches until the sender knows whom each message should go to; returns how many tasks that were. */
async function untilRouted(producer: LocalBroker, from: number): Promise<number> {
  let sent = 0;
  await eventually(async () => {
    const added = await send(producer, from + sent);
    sent += added.length;
    return added.every(({ unrouted }) => unrouted === undefined);
  });
  return sent;
}

describe.concurrent('a sender does not know that a consumer was evicted', () => {
  const asked = ROUTINGS.filter(
    ({ balancer: { strategy, local } }) => strategy === 'consistent_hash' || local,
  );
  faultTest.for(asked)('$title', async ({ balancer }, { app, expect }) => {
    const settings = { balancer };
    const victim = await app.spawn({ tasks, settings });
    const others = [await app.start({ tasks, settings }), await app.start({ tasks, settings })];
    const proxy = await app.proxy();
    const producer = app.broker({ through: proxy });
    await producer.runtime.connect();
    let sent = await untilRouted(producer, 0);
    await app.counted({ done: sent });
    // it hears nothing of who comes and goes
    proxy.blackHole({ which: /:events/, direction: 'replies' });
    const dead = idOf(victim);
    await victim.facts.count(1, ended);
    await victim.kill();
    await eventually(async () => (await infoOf(app, dead)) === undefined, { within: TAKEOVER * 2 });

    const added = await send(producer, sent);
    sent += added.length;
    expect(added.some(({ unrouted }) => unrouted === true)).toBe(true);
    await app.counted({ added: sent, done: sent });
    // it has learned of it meanwhile
    sent += await untilRouted(producer, sent);
    await app.counted({ added: sent, done: sent, lost: 0, stale: 0 });

    expect(startsIn(factsOf(victim, ...others))).toEqual(range(sent));
    expect(await tracesOf(app, dead)).toEqual([]);
    expect(await app.stats()).toMatchObject({ names: [{ waiting: 0, running: 0 }], gated: 0 });
  });
});
