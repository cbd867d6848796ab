import { describe, expect } from 'vitest';
import { hash32, ownerOf } from '../../lib/balancer/index.js';
import type { Runtime } from '../../lib/runtime/index.js';
import type { Child } from '../support/child.js';
import type { FaultApp } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { range } from './range.js';
import { type Participant, ROUTINGS, idOf, memberOf } from './routing.js';
import type { Fact } from './work.js';

const PRODUCERS = 8;
const WEIGHTS = [5, 3, 2] as const;
/** One queue in turn, one by weight, in every instance. */
const tasks = [
  { name: 'turns', queue: 'turns' },
  { name: 'shares', queue: 'shares' },
];
const places = { tasks: 100, requests: 1 };
const settingsOf = (weight: number) => ({
  queues: {
    default: places,
    turns: { ...places, strategy: 'round_robin' },
    shares: { ...places, strategy: 'weighted' },
  } as const,
  balancer: { weight },
});

/** Everybody sends its part of so many tasks, one by one; returns how many each of the crew has done of them. */
class Waves {
  readonly #app: FaultApp;
  readonly #producers: readonly Child<Fact>[];
  #sent = 0;

  constructor(app: FaultApp, producers: readonly Child<Fact>[]) {
    this.#app = app;
    this.#producers = producers;
  }

  async send(name: string, count: number, crew: readonly Participant[]): Promise<number[]> {
    const before = await this.#processed(crew);
    const part = count / this.#producers.length;
    const work = range(part).map((n) => ({ name, data: { n } }));
    await Promise.all(this.#producers.map(async (child) => await child.call('enqueueEach', work)));
    this.#sent += count;
    await this.#app.counted({ added: this.#sent, done: this.#sent }, { within: 20_000 });
    const after = await this.#processed(crew);
    return after.map((done, i) => done - before[i]!);
  }

  async #processed(crew: readonly Participant[]): Promise<number[]> {
    const { consumers } = await this.#app.stats();
    return crew.map((one) => consumers.find(({ id }) => id === idOf(one))?.processed ?? 0);
  }
}

describe('eight processes send one by one to three others', () => {
  faultTest(
    'each of them does exactly its share, also after a change of weights, a join and a drain',
    async ({ app }) => {
      // two at a time, as many as there are processors
      const producers: Child<Fact>[] = [];
      for (const _ of range(PRODUCERS / 2)) {
        producers.push(...(await Promise.all([app.spawn(), app.spawn()])));
      }
      const crew: Participant[] = await Promise.all(
        WEIGHTS.map(async (weight) => await app.spawn({ tasks, settings: settingsOf(weight) })),
      );
      const waves = new Waves(app, producers);
      const control = app.broker().runtime;
      await control.connect();
      expect(await waves.send('turns', 3_000, crew)).toEqual([1_000, 1_000, 1_000]);
      expect(await waves.send('shares', 3_000, crew)).toEqual([1_500, 900, 600]);

      expect(await control.setWeight(idOf(crew[2]!), 12)).toBe(true);
      expect(await waves.send('turns', 240, crew)).toEqual([80, 80, 80]);
      expect(await waves.send('shares', 400, crew)).toEqual([100, 60, 240]);

      crew.push(await app.start({ tasks, settings: settingsOf(4) }));
      expect(await waves.send('turns', 320, crew)).toEqual([80, 80, 80, 80]);
      expect(await waves.send('shares', 480, crew)).toEqual([100, 60, 240, 80]);

      expect(await control.setWeight(idOf(crew[0]!), 0)).toBe(true);
      expect(await waves.send('turns', 240, crew)).toEqual([0, 80, 80, 80]);
      expect(await waves.send('shares', 304, crew)).toEqual([0, 48, 192, 64]);
      expect(await app.counters()).toMatchObject({ retried: 0, lost: 0, stale: 0, duplicates: 0 });
    },
  );
});

/** Weights 1 to 4 in turn. */
const weightOf = (i: number): number => (i % 4) + 1;

/** Each of them sends its part one by one, half of it with keys that nothing else has. */
async function sendFrom(senders: readonly Runtime[], count: number): Promise<void> {
  await Promise.all(
    senders.map(async ({ sender }, i) => {
      for (const n of range(count / senders.length)) {
        const options = n % 2 === 0 ? {} : { key: `${i} ${n}` };
        await sender.enqueue([{ name: 'work', data: { n }, options }]);
      }
    }),
  );
}

/** Who owns what lies in the lanes, by what the lib says of it. */
async function expectOwned(app: FaultApp, ids: readonly string[]): Promise<void> {
  const owners = ids.map((id, i) => ({ id, hash: hash32(id), weight: weightOf(i) }));
  const { redis, keys } = app;
  for (const key of await redis.hkeys(keys.key('busy', 's:service'))) {
    const unique = await redis.hget(keys.key('busy', 's:service'), key);
    const lane = keys.lane(ownerOf(hash32(key), owners) ?? '', 't:default');
    const entries = await redis.xrangeBuffer(lane, '-', '+');
    expect(entries.some(([, fields]) => fields[1]!.includes(unique ?? '?'))).toBe(true);
  }
}

const exact = ROUTINGS.filter(({ fills }) => fills);
const crowds = [1, 10, 200].flatMap((consumers) =>
  [1, 20].map((producers) => ({ consumers, producers })),
);

describe.concurrent('shares are exact in crowds of every size', () => {
  faultTest.for(crowds)(
    '$consumers consumers, $producers producers',
    async ({ consumers, producers }, { app, expect }) => {
      const brokers = range(producers).map(() => app.broker());
      await Promise.all(brokers.map(async ({ runtime }) => await runtime.connect()));
      const { queue } = brokers[0]!.backend;
      for (const { title, balancer } of exact) {
        await app.redis.flushall();
        const ids = range(consumers).map((i) => `consumer ${title} ${i}`);
        const members = ids.map((id, i) => memberOf(id, balancer, weightOf(i)));
        for (const member of members) await queue.join(member);
        const parts = members.map(({ weight }) => (title === 'round_robin' ? 1 : weight));
        // full cycles, so many that every producer sends as many
        const cycles = consumers === 200 ? 1 : 20;
        const count = cycles * parts.reduce((sum, part) => sum + part, 0);
        await sendFrom(
          brokers.map(({ runtime }) => runtime),
          count,
        );

        const stats = await app.stats();
        expect(stats).toMatchObject({ names: [{ waiting: count, running: 0 }], gated: 0 });
        if (title === 'consistent_hash') {
          await expectOwned(app, ids);
          continue;
        }
        const waiting = ids.map((id) => stats.consumers.find((one) => one.id === id)?.waiting);
        expect({ title, waiting }).toEqual({ title, waiting: parts.map((part) => cycles * part) });
      }
    },
  );
});
