import { describe } from 'vitest';
import type { TaskToSend } from '../../lib/runtime/index.js';
import { TAKEOVER } from './broker.js';
import type { FaultApp, LocalBroker } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { range } from './range.js';
import type { Fact, Work } from './work.js';

const tasks = ['work'];
const started = ({ what }: Fact): boolean => what === 'started';
const ended = ({ what }: Fact): boolean => what === 'ended';

const keyed = (key: string, ...works: Work[]): TaskToSend[] =>
  works.map((data) => ({ name: 'work', data, options: { key } }));

/** The starts and ends of one key, as text. */
const story = (facts: readonly Fact[], key: string): string[] =>
  facts
    .filter((fact) => fact.key === key && ['started', 'ended', 'failed'].includes(fact.what))
    .map(({ what, n, attempt }) => `${what} ${n} (${attempt})`);

/** Two consumers, so that nothing but the key keeps the order. */
async function two(app: FaultApp): Promise<[LocalBroker, LocalBroker, () => Fact[]]> {
  const a = await app.start({ tasks });
  const b = await app.start({ tasks });
  const facts = (): Fact[] => [...a.facts.all, ...b.facts.all].toSorted((x, y) => x.at - y.at);
  return [a, b, facts];
}

describe.concurrent('the first task of a key', () => {
  faultTest('is tried again: its successors wait, other keys do not', async ({ app, expect }) => {
    const [{ runtime }, , facts] = await two(app);
    const successors = range(4, 1).map((n) => ({ n }));
    await runtime.sender.enqueue([
      ...keyed('k', { n: 0, failures: 2 }, ...successors),
      ...keyed('free', ...successors),
    ]);
    await app.counted({ done: 9, retried: 2 });

    const tries = [1, 2].flatMap((attempt) => [`started 0 (${attempt})`, `failed 0 (${attempt})`]);
    const rest = range(4, 1).flatMap((n) => [`started ${n} (1)`, `ended ${n} (1)`]);
    expect(story(facts(), 'k')).toEqual([...tries, 'started 0 (3)', 'ended 0 (3)', ...rest]);
    const at = (key: string): number =>
      facts().find((fact) => ended(fact) && fact.key === key && fact.n === 4)?.at ?? 0;
    expect(at('free')).toBeLessThan(at('k'));
  });

  faultTest('becomes a dead letter: the key is free, the order stays', async ({ app, expect }) => {
    const [{ runtime }, , facts] = await two(app);
    await runtime.sender.enqueue(keyed('k', { n: 0, failures: 9 }, { n: 1 }, { n: 2 }));
    await app.counted({ done: 2, dead: 1 });

    expect(story(facts(), 'k').slice(-5)).toEqual([
      'failed 0 (3)',
      'started 1 (1)',
      'ended 1 (1)',
      'started 2 (1)',
      'ended 2 (1)',
    ]);
    const [letter] = await runtime.deadLetters.list({ count: 10 });
    expect(letter).toMatchObject({ reason: 'failed', envelope: { key: 'k', attempts: 3 } });
    expect((await app.stats()).gated).toBe(0);
  });

  faultTest(
    'comes back from the dead letters behind those that came since',
    async ({ app, expect }) => {
      const [{ runtime, workshop, facts: own }, b, facts] = await two(app);
      await b.runtime.close();
      await runtime.sender.enqueue(keyed('k', { n: 0, failures: 3 }, { n: 1 }));
      await app.counted({ done: 1, dead: 1 });
      await runtime.sender.enqueue(keyed('k', { n: 2, hold: true }, { n: 3 }));
      await own.until((fact) => started(fact) && fact.n === 2);
      const [letter] = await runtime.deadLetters.list({ count: 1 });
      expect(await runtime.deadLetters.replay([letter?.entry ?? ''])).toBe(1);
      workshop.release(2);
      // its three attempts are forgotten, so they fail once more
      await app.counted({ done: 3, dead: 2 });

      expect(story(facts(), 'k').slice(-10)).toEqual([
        'started 2 (1)',
        'ended 2 (1)',
        'started 3 (1)',
        'ended 3 (1)',
        ...[1, 2, 3].flatMap((attempt) => [`started 0 (${attempt})`, `failed 0 (${attempt})`]),
      ]);
    },
  );

  faultTest(
    'is cancelled while it waits for its retry: the next one goes on',
    async ({ app, expect }) => {
      const [{ runtime }, , facts] = await two(app);
      const options = {
        key: 'k',
        backoff: { type: 'fixed', delay: 60_000, max: 60_000, jitter: 0 },
      } as const;
      const [first] = await runtime.sender.enqueue([
        { name: 'work', data: { n: 0, failures: 1 }, options },
        ...keyed('k', { n: 1 }),
      ]);
      await app.counted({ retried: 1 });

      expect(await runtime.sender.cancel(first?.id ?? '')).toBe('removed');
      await app.counted({ done: 1 });
      expect(story(facts(), 'k').slice(-2)).toEqual(['started 1 (1)', 'ended 1 (1)']);
    },
  );

  faultTest('dies with its process: it comes first again', async ({ app, expect }) => {
    const victim = await app.spawn({ tasks });
    const target = victim.facts.find(({ what }) => what === 'ready')?.consumer ?? '';
    const other = await app.start({ tasks });
    const { sender } = other.runtime;
    await sender.enqueue([
      { name: 'work', data: { n: 0, hold: true, only: target }, options: { key: 'k', target } },
      ...keyed('k', { n: 1, failures: 1 }, { n: 2 }),
    ]);
    await victim.facts.until(started);
    await victim.kill();
    await app.counted({ done: 3 }, { within: TAKEOVER });

    expect(story(other.facts.all, 'k')).toEqual([
      'started 0 (1)',
      'ended 0 (1)',
      'started 1 (1)',
      'failed 1 (1)',
      'started 1 (2)',
      'ended 1 (2)',
      'started 2 (1)',
      'ended 2 (1)',
    ]);
  });
});
