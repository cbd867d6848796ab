import { describe, vi } from 'vitest';
import { eventually } from '../support/eventually.js';
import { TAKEOVER } from './broker.js';
import { faultTest } from './fault-test.js';
import { range } from './range.js';
import {
  ROUTINGS,
  checkOrder,
  ended,
  evicted,
  factsOf,
  idOf,
  infoOf,
  joined,
  keyed,
  pinned,
  plain,
  started,
  startsIn,
} from './routing.js';
import { waitingReads } from './waiting-reads.js';
import { machineTime } from './work.js';

vi.setConfig({ maxConcurrency: ROUTINGS.length });

const tasks = ['work'];
/** Of the one that stands still, the one that is cut off, and the one that goes on. */
const WEIGHTS = [2, 1, 2] as const;
const RUNNING = 4;
const PLAIN = 60;
const KEYED = 30;
const ALL = RUNNING + PLAIN + KEYED;
/** As much as everybody has places for, twice. */
const MORE = 60;

describe.concurrent('one stands still and one is cut off for too long: their old lives are over, they come back', () => {
  faultTest.for(ROUTINGS)('$title', async ({ balancer, ...routing }, { app, expect }) => {
    const settings = WEIGHTS.map((weight) => ({
      maxJobs: 8,
      balancer: { ...balancer, weight },
    }));
    const through = await app.proxy();
    const sleeper = await app.spawn({ tasks, settings: settings[0]! });
    const lonely = await app.start({ tasks, through, settings: settings[1]! });
    const other = await app.start({ tasks, settings: settings[2]! });
    const lost = [sleeper, lonely];
    const before = lost.map(idOf);
    const producer = app.broker();
    await producer.runtime.connect();
    const { sender } = producer.runtime;
    for (const [i, only] of before.entries()) {
      const running = plain(range(2, 2 * i), { ms: 1_000, only });
      await sender.enqueue(pinned(only, running));
    }
    await Promise.all(lost.map(async ({ facts }) => await facts.count(2, started)));
    await eventually(async () => (await waitingReads(app)).length === 3);

    const fault = machineTime();
    sleeper.signal('SIGSTOP');
    const hole = through.blackHole();
    await sender.enqueue(plain(range(PLAIN, RUNNING)));
    await sender.enqueue(keyed(range(KEYED, RUNNING + PLAIN), { keys: 10 }));
    // more than they run lies in their sockets
    for (const id of before) {
      await eventually(async () => ((await infoOf(app, id))?.inFlight ?? 0) > 2);
    }
    await app.counted({ added: ALL, done: ALL }, { within: TAKEOVER * 2 });
    const taken = other.facts.filter(started);
    expect(Math.max(...taken.map(({ at }) => at)) - fault).toBeLessThan(TAKEOVER);
    expect(startsIn(taken)).toEqual(range(ALL));
    checkOrder(other.facts.all);
    await lonely.facts.count(2, ended);

    sleeper.signal('SIGCONT');
    hole.heal('deliver');
    for (const [i, { facts }] of lost.entries()) {
      await facts.until(evicted, { within: 10_000 });
      await facts.until((fact) => joined(fact) && fact.consumer !== before[i]);
    }
    // what ran through was reported too late
    await eventually(async () => (await app.counters()).stale >= RUNNING);
    await eventually(async () => (await waitingReads(app)).length === 3);
    const crew = [sleeper, lonely, other];
    const processed = async (): Promise<number[]> =>
      await Promise.all(crew.map(async (one) => (await infoOf(app, idOf(one)))?.processed ?? 0));
    // a sender that decides by itself has to hear of those who are back
    let sent = ALL;
    while (balancer.local && (await processed()).includes(0)) {
      await sender.enqueue(plain(range(crew.length, sent)));
      sent += crew.length;
      await app.counted({ added: sent, done: sent });
    }
    const soFar = await processed();
    await sender.enqueue(plain(range(MORE, sent), { ms: 20 }));
    await app.counted({ added: sent + MORE, done: sent + MORE });

    const shares = (await processed()).map((done, i) => done - soFar[i]!);
    if ('turns' in routing) {
      const weights = routing.turns === 'equal' ? [1, 1, 1] : WEIGHTS;
      const cycle = weights.reduce((sum, weight) => sum + weight, 0);
      expect(shares).toEqual(weights.map((weight) => (MORE / cycle) * weight));
    }
    for (const share of shares) expect(share).toBeGreaterThan(0);
    for (const [i, { facts }] of lost.entries()) {
      const ofOldLife = facts.filter((fact) => started(fact) && fact.consumer === before[i]);
      expect(startsIn(ofOldLife)).toEqual(range(2, 2 * i));
    }
    const later = factsOf(...crew).filter(({ n = 0 }) => n >= sent);
    expect(startsIn(later)).toEqual(range(MORE, sent));
  });
});
