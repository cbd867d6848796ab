import { describe, vi } from 'vitest';
import type { Runtime } from '../../lib/runtime/index.js';
import { eventually } from '../support/eventually.js';
import { ask } from './ask.js';
import type { FaultApp } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { range } from './range.js';
import {
  type Participant,
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

vi.setConfig({ maxConcurrency: ROUTINGS.length });

const tasks = ['work'];
/** So long that nothing that happens in time happens because of it, in ms. */
const heartbeatTtl = 60_000;
const BATCH = 20;
/** How many of a load may wait. */
const AHEAD = 80;

/** Two producers that send without a pause, with keys of their own. */
class Load {
  /** Every number below it was sent, or is on its way. */
  sent = 0;
  readonly #app: FaultApp;
  readonly #crew: () => readonly Participant[];
  /** How many of the facts are counted in it. */
  readonly #looked = new Map<unknown, number>();
  #done = 0;
  #going = true;
  #flows: Promise<void>[] = [];

  constructor(app: FaultApp, crew: () => readonly Participant[]) {
    this.#app = app;
    this.#crew = crew;
  }

  get done(): number {
    for (const { facts } of this.#crew()) {
      const looked = this.#looked.get(facts) ?? 0;
      this.#done += facts.all.slice(looked).filter(ended).length;
      this.#looked.set(facts, facts.all.length);
    }
    return this.#done;
  }

  async start(): Promise<Runtime> {
    const producers = [this.#app.broker(), this.#app.broker()].map(({ runtime }) => runtime);
    await Promise.all(producers.map(async (runtime) => await runtime.connect()));
    this.#flows = producers.map(async (runtime, i) => await this.#flow(runtime, `${i} `));
    // a failure is told by stop()
    for (const flow of this.#flows) flow.catch(() => undefined);
    return producers[0]!;
  }

  /** Resolves when so many more have ended. */
  async goOn(count: number): Promise<void> {
    const before = this.done;
    await eventually(() => this.done >= before + count, { within: 10_000 });
  }

  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#flows);
  }

  async #flow({ sender }: Runtime, of: string): Promise<void> {
    while (this.#going) {
      const numbers = range(BATCH, this.sent);
      this.sent += BATCH;
      const [one, other] = [numbers.slice(0, BATCH / 2), numbers.slice(BATCH / 2)];
      await sender.enqueue([...plain(one, { ms: 3 }), ...keyed(other, { keys: 5, of, ms: 3 })]);
      await eventually(() => this.sent - this.done < AHEAD, { within: 20_000 });
    }
  }
}

describe.concurrent('instances join, leave, get other weights and none, under load', () => {
  faultTest.for(ROUTINGS)('$title', async ({ balancer, fills }, { app, expect }) => {
    const settings = { heartbeatTtl, balancer };
    const first = await app.start({ tasks, settings });
    const second = await app.start({ tasks, settings });
    const third = app.fork({ tasks, settings });
    const crew: Participant[] = [first, second, third];
    await third.facts.until(({ what }) => what === 'begun', { within: 20_000 });
    const load = new Load(app, () => crew);
    const control = await load.start();
    const handles = async ({ facts }: Participant, from = 0): Promise<unknown> =>
      await facts.count(5, (fact) => started(fact) && (fact.n ?? 0) >= from, { within: 20_000 });

    await handles(third);
    const fourth = await app.start({ tasks, settings });
    crew.push(fourth);
    await handles(fourth);
    expect(await control.setWeight(idOf(first), 3)).toBe(true);
    await load.goOn(60);
    expect(await control.setWeight(idOf(second), 0)).toBe(true);
    // who is free may still have taken one when it was not told yet
    if (!fills) await load.goOn(2 * AHEAD);
    const drained = load.sent;
    await load.goOn(120);
    const last = Math.max(...second.facts.filter(started).map(({ n = 0 }) => n));
    expect(last).toBeLessThan(drained);
    expect(await infoOf(app, idOf(second))).toMatchObject({ active: false, waiting: 0 });

    third.signal('SIGTERM');
    expect(await third.exited).toMatchObject({ code: 0 });
    expect(await tracesOf(app, idOf(third))).toEqual([]);
    await load.goOn(60);
    expect(await control.setWeight(idOf(second), 2)).toBe(true);
    await handles(second, load.sent);
    await load.stop();

    await app.counted({ added: load.sent, done: load.sent }, { within: 20_000 });
    expect(await app.counters()).toMatchObject({ lost: 0, stale: 0, dead: 0 });
    expect(startsIn(factsOf(...crew))).toEqual(range(load.sent));
    checkOrder(factsOf(...crew));
  });
});

describe.concurrent('an instance leaves while much waits for it, and its handlers take long', () => {
  faultTest.for(ROUTINGS)('$title: it goes to others at once', async (routing, { app, expect }) => {
    const settings = { heartbeatTtl, grace: 60_000, balancer: routing.balancer };
    const leaver = await app.start({
      tasks,
      requests: ['ask'],
      settings: { ...settings, maxJobs: 2 },
    });
    const others = [
      await app.start({ tasks, requests: ['ask'], settings }),
      await app.start({ tasks, requests: ['ask'], settings }),
    ];
    const { runtime } = app.broker();
    await runtime.connect();
    const { sender } = runtime;
    const only = idOf(leaver);
    await sender.enqueue(pinned(only, plain(range(8), { hold: true, only })));
    await sender.enqueue(plain(range(60, 8), { hold: true, only }));
    await sender.enqueue(keyed(range(32, 68), { keys: 8, hold: true, only }));
    const running = await leaver.facts.count(2, started);
    await eventually(async () => {
      const { inFlight = 0, waiting = 0 } = (await infoOf(app, only)) ?? {};
      expect(inFlight).toBe(2);
      const { counters, gated } = await app.stats();
      expect(counters.done + inFlight + waiting + gated).toBe(100);
    });

    const left = leaver.runtime.close();
    const answers = range(9, 100).map(async (n) => await ask(sender, { name: 'ask', data: { n } }));
    expect(await Promise.all(answers)).toHaveLength(9);
    await app.counted({ done: 98 + 9 });
    for (const { n = 0 } of running) leaver.workshop.release(n);
    await left;
    await app.counted({ added: 109, done: 109, lost: 0, stale: 0, dead: 0 });
    const facts = factsOf(leaver, ...others);
    expect(startsIn(facts)).toEqual(range(109));
    expect(facts.filter(ended)).toHaveLength(109);
    checkOrder(facts);
    expect(await tracesOf(app, only)).toEqual([]);
  });
});
