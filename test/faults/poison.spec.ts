import { describe, expect } from 'vitest';
import type { TaskToSend } from '../../lib/runtime/index.js';
import type { Child } from '../support/child.js';
import { TAKEOVER } from './broker.js';
import type { FaultApp, LocalBroker } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { pass } from './pass.js';
import { range } from './range.js';
import { type Fact, type Work, machineTime } from './work.js';

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
    const ready = ({ what }: Fact): boolean => what === 'ready';
    const children = range(WORKERS).map(() => this.#add());
    await Promise.all(children.map(({ facts }) => facts.until(ready, { within: 20_000 })));
  }

  close(): void {
    this.#closed = true;
  }

  #add(): Child<Fact> {
    const settings = { tasks: { lostLimit: LOST_LIMIT } };
    const child = this.#app.fork({ tasks: ['work'], settings });
    this.#children.push(child);
    void child.exited.then(() => (this.#closed ? undefined : this.#add()));
    return child;
  }
}

/** Tasks that were lost so often already, in one step. */
async function addSuspects({ backend }: LocalBroker, ...works: Work[]): Promise<void> {
  const messages = works.map((work) => ({
    envelope: { unique: `suspect-${work.n}`, address: 't:work', lost: SUSPECT } as const,
    payload: JSON.stringify(work),
  }));
  await backend.queue.add(messages, 5_000);
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
      const producer = app.broker();
      await producer.runtime.connect();
      const { sender } = producer.runtime;
      const pool = new Pool(app);
      let next = 1;
      try {
        await pool.open();
        await sender.enqueue([{ name: 'work', data: { n: POISON, ms: 200, die: true } }]);
        // neighbours come all the time, so that there is always one that could be beside it
        const deadline = machineTime() + TAKEOVER * 2 * LOST_LIMIT;
        while ((await app.counters()).dead === 0 && machineTime() < deadline) {
          const batch = range(NEIGHBOURS, next).map((n) => ({
            name: 'work',
            data: { n, ms: 100 },
          }));
          next += batch.length;
          await sender.enqueue(batch);
          await pass(PACE);
        }
        await app.counted({ dead: 1, done: next - 1 }, { within: TAKEOVER * 2 });
      } finally {
        pool.close();
      }

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

describe.concurrent('a task that was lost twice', () => {
  const task = (n: number, work: Partial<Work> = {}): TaskToSend => ({
    name: 'work',
    data: { n, ...work },
  });

  faultTest('starts when nothing else runs, and nothing else starts', async ({ app, expect }) => {
    const { runtime, backend, facts, workshop } = await app.start({ tasks: ['work'] });
    const suspect: Work = { n: POISON, hold: true };
    const sender = app.broker();
    await sender.runtime.connect();
    await runtime.sender.enqueue([task(1, { ms: 100 })]);
    await facts.until(({ what }) => what === 'started');
    await addSuspects({ backend } as LocalBroker, suspect);
    const started = await facts.until(({ what, n }) => what === 'started' && n === POISON);
    expect(runningAt(facts.all, started)).toEqual([POISON]);
    // one by one, so that a read that waits would bring one
    for (const n of range(6, 2)) await runtime.sender.enqueue([task(n)]);
    await pass(200);
    workshop.release(POISON);
    await facts.count(8, ({ what }) => what === 'ended');

    const end = facts.find(({ what, n }) => what === 'ended' && n === POISON);
    const beside = facts.filter(
      ({ what, at }) => what === 'started' && at > started.at && at < (end?.at ?? 0),
    );
    expect(beside).toEqual([]);
    await app.counted({ done: 8 });
  });

  faultTest('starts alone also when it arrives with others', async ({ app, expect }) => {
    const producer = app.broker();
    await producer.runtime.connect();
    await addSuspects(producer, { n: POISON, ms: 100 });
    await producer.runtime.sender.enqueue(range(6, 1).map((n) => task(n)));
    const { facts } = await app.start({ tasks: ['work'], settings: { maxJobs: 10 } });
    await facts.count(7, ({ what }) => what === 'ended');

    const at = (what: string): number =>
      facts.find((fact) => fact.what === what && fact.n === POISON)?.at ?? 0;
    const beside = facts.filter(
      (fact) => fact.what === 'started' && fact.at > at('started') && fact.at < at('ended'),
    );
    expect(beside).toEqual([]);
  });

  faultTest('keeps nothing in its instance: others do it meanwhile', async ({ app, expect }) => {
    const first = await app.start({ tasks: ['work'] });
    await addSuspects(first, { n: POISON, hold: true }, { n: 1 }, { n: 2 });
    await first.facts.until(({ what }) => what === 'started');
    await first.runtime.sender.enqueue(range(6, 3).map((n) => task(n)));
    const second = await app.start({ tasks: ['work'] });

    // the other suspects among them
    await app.counted({ done: 8 });
    expect(first.facts.filter(({ what }) => what === 'started')).toHaveLength(1);
    expect(second.facts.filter(({ what }) => what === 'ended')).toHaveLength(8);
    first.workshop.release(POISON);
    await app.counted({ done: 9, lost: 0 });
  });
});
