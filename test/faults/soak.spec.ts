import { describe, expect } from 'vitest';
import type { TaskToSend } from '../../lib/runtime/index.js';
import type { Child } from '../support/child.js';
import { eventually } from '../support/eventually.js';
import type { FaultApp } from './fault-app.js';
import { durableFaultTest } from './fault-test.js';
import { pass } from './pass.js';
import { range } from './range.js';
import { sorted } from './sorted.js';
import { type Fact, machineTime } from './work.js';

const KEYS = 30;
const WORKERS = 4;
/** Workers that are ended, each while a part of the tasks is sent, and not more than one in `LIFE` ms. */
const ENDS = 14;
const LIFE = 900;
/** In batches, so that the tasks of a key come one after the other. */
const BATCH = 18;
const BATCHES = 6;
const TASKS = ENDS * BATCHES * BATCH;

/** Keeps some workers alive while one after the other is ended in one way or the other. */
class Crew {
  readonly #app: FaultApp;
  readonly #everybody: Child<Fact>[] = [];
  readonly #deaths = new Map<number, number>();
  readonly #crew: Child<Fact>[] = [];

  constructor(app: FaultApp) {
    this.#app = app;
  }

  get facts(): Fact[] {
    return this.#everybody.flatMap(({ facts }) => facts.all).toSorted((a, b) => a.at - b.at);
  }

  /** When the process was gone; absent: it lives. */
  deathOf(pid: number): number {
    return this.#deaths.get(pid) ?? Infinity;
  }

  /** Somebody's id, perhaps of one who is gone. */
  someone(n: number): string {
    const ready = this.facts.filter(({ what }) => what === 'ready');
    return ready[n % ready.length]?.consumer ?? '';
  }

  async hire(count: number): Promise<void> {
    await Promise.all(
      range(count).map(async () => {
        const settings = { maxJobs: 8, heartbeatTtl: 1_500, grace: 3_000 };
        const child = await this.#app.spawn({ tasks: ['work'], settings });
        void child.exited.then(() => this.#deaths.set(child.pid, machineTime()));
        this.#everybody.push(child);
        this.#crew.push(child);
      }),
    );
  }

  /** The one who has been there longest. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const [oldest] = this.#crew.splice(0, 1) as [Child<Fact>];
    oldest.signal(signal);
    const { code } = await oldest.exited;
    expect(code).toBe(signal === 'SIGKILL' ? null : 0);
  }

  async dismiss(): Promise<void> {
    while (this.#crew.length > 0) await this.end('SIGTERM');
  }
}

/** Four of five with a key, some for one worker, some later, some that fail at first. */
function task(n: number, crew: Crew): TaskToSend {
  const data = { n, ms: 5 + (n % 20), failures: n % 10 === 0 ? 1 : 0 };
  const target = n % 4 === 1 ? { target: crew.someone(n) } : {};
  const options = n % 5 === 0 ? { delay: (n % 3) * 150 } : { key: `key ${n % KEYS}` };
  return { name: 'work', data, options: { ...options, ...target } };
}

describe('workers that are killed and asked to end, about one a second', () => {
  durableFaultTest(
    'all tasks are settled once, in the order of their keys, and nothing stays',
    async ({ app }) => {
      const proxy = await app.proxy();
      const producer = app.broker({ through: proxy, settings: { sendTimeout: 20_000 } });
      const crew = new Crew(app);
      await crew.hire(WORKERS);
      await producer.runtime.connect();
      const send = async (end: number): Promise<void> => {
        for (const batch of range(BATCHES, end * BATCHES)) {
          const tasks = range(BATCH, batch * BATCH).map((n) => task(n, crew));
          await producer.runtime.sender.enqueue(tasks);
          await pass(LIFE / BATCHES / 2);
        }
      };
      const trouble = async (end: number): Promise<void> => {
        proxy.cut();
        await Promise.all([crew.hire(1), crew.end(end % 2 === 0 ? 'SIGKILL' : 'SIGTERM')]);
      };
      for (const end of range(ENDS)) await Promise.all([send(end), trouble(end), pass(LIFE)]);
      await app.counted({ added: TASKS, done: TASKS }, { within: 30_000 });
      // those who were killed last are found out
      await eventually(async () => (await app.stats()).consumers.length === WORKERS);
      await crew.dismiss();
      await producer.runtime.close();

      expect(await app.counters()).toMatchObject({
        added: TASKS,
        done: TASKS,
        dead: 0,
        duplicates: 0,
      });
      checkHandled(crew);
      for (const key of range(KEYS).map((n) => `key ${n}`)) checkKey(crew, key);
      await checkKeysLeft(app);
    },
  );
});

/** Each was handled, and only those twice that failed or whose worker was killed. */
function checkHandled(crew: Crew): void {
  const ended = crew.facts.filter(({ what }) => what === 'ended').map(({ n }) => n);
  expect(new Set(ended).size).toBe(TASKS);
}

/** No later task starts before an earlier one is settled, and no two run at once. */
function checkKey(crew: Crew, key: string): void {
  const facts = crew.facts.filter((fact) => fact.key === key);
  const starts = facts.filter(({ what }) => what === 'started');
  const order = starts.map(({ n }) => n ?? -1);
  expect({ key, order }).toEqual({ key, order: sorted(order) });
  const stalled = new Set(
    crew.facts.filter(({ what }) => what === 'evicted').map(({ consumer }) => consumer),
  );
  for (const [i, start] of starts.slice(1).entries()) {
    const before = starts[i] as Fact;
    // a worker that stood still for too long is told to stop, and may not hear it in time
    if (stalled.has(before.consumer)) continue;
    const end = facts.find(
      ({ what, at, consumer }) =>
        what !== 'started' && at >= before.at && consumer === before.consumer,
    );
    const over = Math.min(end?.at ?? Infinity, crew.deathOf(before.pid));
    if (start.at < over) throw new Error(`${key}: ${start.n} started beside ${before.n}`);
  }
}

/** Counters, what says how the rest is laid out, and what expires by itself. */
async function checkKeysLeft({ redis, keys }: FaultApp): Promise<void> {
  const stay = (['layout', 'epoch', 'tick', 'counters'] as const).map((name) => keys.key(name));
  await eventually(async () => {
    const left = await redis.keys('*');
    const passing = left.filter((key) => !stay.includes(key));
    expect(passing.filter((key) => !key.startsWith(keys.key('producer')))).toEqual([]);
    for (const key of passing) expect(await redis.pttl(key)).toBeGreaterThan(0);
    expect(left.toSorted()).toEqual([...stay, ...passing].toSorted());
  });
}
