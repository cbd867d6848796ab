import { describe, vi } from 'vitest';
import { eventually } from '../support/eventually.js';
import { TTL } from './broker.js';
import { faultTest } from './fault-test.js';
import { pass } from './pass.js';
import { range } from './range.js';
import {
  ROUTINGS,
  checkOrder,
  ended,
  evicted,
  factsOf,
  idOf,
  infoOf,
  keyed,
  pinned,
  plain,
  started,
  startsIn,
} from './routing.js';
import { machineTime } from './work.js';

vi.setConfig({ maxConcurrency: ROUTINGS.length });

const tasks = ['work'];
/** Far less than a time to live, enough for a busy machine; in ms. */
const AT_ONCE = TTL / 2;

const STEAL_AFTER = 500;

describe.concurrent('nothing happens for several times to live, then Redis is away for longer', () => {
  faultTest.for(ROUTINGS)('$title: all stay', async ({ balancer }, { app, expect }) => {
    const settings = { balancer };
    const through = await app.proxy();
    const first = await app.start({ tasks, settings });
    const crew = [first, await app.start({ tasks, through, settings })];
    const producer = app.broker({ settings: { sendTimeout: 20_000 } });
    await producer.runtime.connect();
    const ids = crew.map(idOf);
    const { sender } = producer.runtime;
    await pass(TTL * 2.5);
    const sent = machineTime();
    await sender.enqueue(ids.flatMap((id, n) => pinned(id, plain([n]))));
    await sender.enqueue([...plain(range(10, 2)), ...keyed(range(10, 12), { keys: 5 })]);
    await app.counted({ done: 22 });
    for (const { at } of factsOf(...crew).filter(started)) expect(at - sent).toBeLessThan(AT_ONCE);

    // work runs, and work waits, in each of them
    for (const [i, only] of ids.entries()) {
      await sender.enqueue(pinned(only, plain(range(6, 22 + 6 * i), { hold: true, only })));
    }
    for (const { facts } of crew) {
      await facts.count(4, (fact) => started(fact) && (fact.n ?? 0) >= 22);
    }
    const hole = through.blackHole();
    await app.server.kill('SIGSTOP');
    const during = [
      sender.enqueue(plain(range(10, 34))),
      sender.enqueue(keyed(range(10, 44), { keys: 5 })),
    ];
    await pass(TTL * 1.5);
    await app.server.kill('SIGCONT');
    await Promise.all(during);
    // one comes back before the other, and finds it late
    await eventually(async () => ((await first.runtime.health()).sinceBeat ?? Infinity) < TTL / 3);
    hole.heal('deliver');
    for (const [i, { facts, workshop }] of crew.entries()) {
      for (const n of range(6, 22 + 6 * i)) {
        await facts.until((fact) => started(fact) && fact.n === n);
        workshop.release(n);
      }
    }

    await app.counted({ added: 54, done: 54, lost: 0, stale: 0 });
    expect(startsIn(factsOf(...crew))).toEqual(range(54));
    checkOrder(factsOf(...crew));
    await pass(TTL);
    expect(factsOf(...crew).filter(evicted)).toEqual([]);
    expect((await app.stats()).consumers.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  });
});

describe.concurrent('an instance lives, but its handlers never end', () => {
  // who competes is routed nothing
  const routed = ROUTINGS.filter(({ balancer }) => balancer.strategy !== 'competing');
  faultTest.for(routed)('$title: others take what waits', async ({ balancer }, { app, expect }) => {
    const settings = { maxJobs: 4, balancer: { ...balancer, stealAfter: STEAL_AFTER } };
    const stuck = await app.start({ tasks, settings: { ...settings, maxJobs: 2 } });
    const crew = [
      stuck,
      await app.start({ tasks, settings }),
      await app.start({ tasks, settings }),
    ];
    const producer = app.broker();
    await producer.runtime.connect();
    const { sender } = producer.runtime;
    // the sender learns who is there
    await sender.enqueue(plain(range(6)));
    await app.counted({ done: 6 });
    const work = { hold: true, only: idOf(stuck) };
    const sent = machineTime();
    const [count, first] = [80, 6];
    await sender.enqueue(plain(range(60, first), work));
    await sender.enqueue(keyed(range(20, first + 60), { keys: 20, ...work }));
    const held = await stuck.facts.count(2, (fact) => started(fact) && (fact.n ?? 0) >= first);
    // what it has not started it does not keep
    await app.counted({ done: first + count - 2 });

    const taken = factsOf(...crew).filter((fact) => started(fact) && fact.at > sent + STEAL_AFTER);
    expect(taken.length).toBeGreaterThan(0);
    const ofStuck = stuck.facts.filter((fact) => started(fact) && (fact.n ?? 0) >= first);
    expect(ofStuck).toHaveLength(2);
    expect(await infoOf(app, idOf(stuck))).toMatchObject({ inFlight: 2, waiting: 0, active: true });
    for (const { n = 0 } of held) stuck.workshop.release(n);
    await app.counted({ added: first + count, done: first + count, lost: 0, stale: 0 });
    expect(startsIn(factsOf(...crew))).toEqual(range(first + count));
    expect(factsOf(...crew).filter(ended)).toHaveLength(first + count);
  });
});
