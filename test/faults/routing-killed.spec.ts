import { describe, vi } from 'vitest';
import { eventually } from '../support/eventually.js';
import { TAKEOVER } from './broker.js';
import { faultTest } from './fault-test.js';
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
  tracesOf,
} from './routing.js';
import { sorted } from './sorted.js';
import { machineTime } from './work.js';

vi.setConfig({ maxConcurrency: ROUTINGS.length });

const tasks = ['work'];
const DONE = 4;
const PINNED = 6;
const PLAIN = 60;
const KEYED = 48;
const ALL = DONE + PINNED + PLAIN + KEYED;

describe.concurrent('a consumer is killed: its work is done elsewhere, nothing of it stays', () => {
  faultTest.for(ROUTINGS)('$title', async ({ balancer }, { app, expect }) => {
    const settings = { balancer };
    const victim = await app.spawn({ tasks, settings: { ...settings, maxJobs: 2 } });
    const heirs = [await app.start({ tasks, settings }), await app.start({ tasks, settings })];
    const producer = app.broker();
    await producer.runtime.connect();
    const dead = idOf(victim);
    // it ends nothing of what it starts, the others all of it at once
    const stuck = { hold: true, only: dead };
    const { sender } = producer.runtime;
    await sender.enqueue(pinned(dead, plain(range(DONE))));
    await victim.facts.count(DONE, ended);
    await sender.enqueue(pinned(dead, plain(range(PINNED, DONE), stuck)));
    await victim.facts.count(DONE + 2, started);
    await sender.enqueue(plain(range(PLAIN, DONE + PINNED), stuck));
    await sender.enqueue(keyed(range(KEYED, DONE + PINNED + PLAIN), { keys: 8, ...stuck }));
    // whatever is not in its hands or its lane is done
    await eventually(async () => {
      const { names, gated, counters } = await app.stats();
      const { inFlight = 0, waiting = 0 } = (await infoOf(app, dead)) ?? {};
      expect(inFlight).toBe(2);
      expect(waiting).toBeGreaterThanOrEqual(PINNED - 2);
      expect(names).toMatchObject([{ waiting, running: inFlight }]);
      expect(counters.done + waiting + inFlight + gated).toBe(ALL);
    });

    const death = machineTime();
    await victim.kill();
    await app.counted({ added: ALL, done: ALL }, { within: TAKEOVER * 2 });

    const again = factsOf(...heirs).filter((fact) => started(fact) && fact.at > death);
    expect(again.length).toBeGreaterThanOrEqual(PINNED);
    expect(Math.max(...again.map(({ at }) => at)) - death).toBeLessThan(TAKEOVER);
    const facts = factsOf(victim, ...heirs);
    expect(sorted(facts.filter(ended).map(({ n }) => n))).toEqual(range(ALL));
    checkOrder(facts);
    expect(await app.counters()).toMatchObject({ lost: 2, stale: 0, dead: 0, retried: 0 });
    await eventually(async () => expect(await tracesOf(app, dead)).toEqual([]));
    const { names, gated, consumers } = await app.stats();
    expect(names).toMatchObject([{ waiting: 0, running: 0, consumers: 2 }]);
    expect(gated).toBe(0);
    expect(consumers).toMatchObject([{ waiting: 0 }, { waiting: 0 }]);
  });
});
