import { describe, expect } from 'vitest';
import type { Child } from '../support/child.js';
import { TAKEOVER } from './broker.js';
import type { FaultApp } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { pass } from './pass.js';
import { range } from './range.js';
import { type Fact, machineTime } from './work.js';

const POISON = 0;
const LOST_LIMIT = 4;
/** From so many lost deliveries on it runs alone. */
const SUSPECT = 2;
const WORKERS = 2;
/** So many come at once, and so often (ms). */
const NEIGHBOURS = 3;
const PACE = 100;

/** Keeps two worker processes alive, whatever becomes of them. */
class Pool {
  readonly #app: FaultApp;
  readonly #children: Child<Fact>[] = [];
  #closed = false;

  constructor(app: FaultApp) {
    this.#app = app;
  }

  /** Of all processes, oldest first. */
  get facts(): Fact[] {
    return this.#children.flatMap(({ facts }) => facts.all).toSorted((a, b) => a.at - b.at);
  }

  async open(): Promise<void> {
    await Promise.all(range(WORKERS).map(async () => await this.#add()));
  }

  close(): void {
    this.#closed = true;
  }

  async #add(): Promise<void> {
    const settings = { tasks: { lostLimit: LOST_LIMIT } };
    const child = this.#app.fork({ tasks: ['work'], settings });
    this.#children.push(child);
    void child.exited.then(async () => (this.#closed ? undefined : await this.#add()));
    await child.facts.until(({ what }) => what === 'ready', { within: 20_000 });
  }
}

/** What ran in a process at the moment of one of its facts. */
function runningAt(facts: readonly Fact[], { pid, at }: Fact): number[] {
  const running = new Set<number>();
  for (const fact of facts.filter((one) => one.pid === pid && one.at <= at)) {
    if (fact.what === 'started') running.add(fact.n ?? -1);
    if (fact.what === 'ended') running.delete(fact.n ?? -1);
  }
  return [...running];
}

describe('a task that kills its process', () => {
  faultTest(
    'ends among the dead letters, and takes its neighbours with it twice at most',
    async ({ app }) => {
      const pool = new Pool(app);
      await pool.open();
      const producer = app.broker();
      await producer.runtime.connect();
      const { sender } = producer.runtime;
      await sender.enqueue([{ name: 'work', data: { n: POISON, ms: 200, die: true } }]);
      // neighbours come all the time, so that there is always one that could be beside it
      let next = 1;
      const deadline = machineTime() + TAKEOVER * 2 * LOST_LIMIT;
      while ((await app.counters()).dead === 0 && machineTime() < deadline) {
        const batch = range(NEIGHBOURS, next).map((n) => ({ name: 'work', data: { n, ms: 100 } }));
        next += batch.length;
        await sender.enqueue(batch);
        await pass(PACE);
      }
      await app.counted({ dead: 1, done: next - 1 }, { within: TAKEOVER * 2 });
      pool.close();

      const [letter, ...others] = await producer.runtime.deadLetters.list({ count: 10 });
      expect(others).toEqual([]);
      expect(letter).toMatchObject({
        reason: 'lost',
        envelope: { lost: LOST_LIMIT },
        error: { code: 'SERVER_LOST' },
      });
      expect(letter?.envelope.attempts).toBeUndefined();
      const { facts } = pool;
      const deaths = facts.filter(({ what }) => what === 'dying');
      expect(deaths).toHaveLength(LOST_LIMIT);
      for (const death of deaths.slice(SUSPECT)) expect(runningAt(facts, death)).toEqual([POISON]);
      for (const n of range(next - 1, 1)) {
        const of = (what: string): number =>
          facts.filter((one) => one.what === what && one.n === n).length;
        expect(of('ended')).toBeGreaterThanOrEqual(1);
        expect(of('started')).toBeLessThanOrEqual(1 + SUSPECT);
      }
    },
  );
});
