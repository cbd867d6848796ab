import { describe, expect } from 'vitest';
import { SCRIPTS } from '../../lib/backend/redis/scripts.js';
import { eventually } from '../support/eventually.js';
import { TAKEOVER, TTL } from './broker.js';
import type { FaultApp } from './fault-app.js';
import { durableFaultTest, faultTest } from './fault-test.js';
import { range } from './range.js';
import { sorted } from './sorted.js';
import type { Fact } from './work.js';

const durable = ['paid'];
const ended = ({ what }: Fact): boolean => what === 'ended';
const of = (service: string) => ({ service, sendTimeout: 20_000 });

/** What waits for a service. */
async function waiting(app: FaultApp, service: string): Promise<number | undefined> {
  const { names } = await app.stats();
  return names.find((name) => name.kind === 'event' && name.service === service)?.waiting;
}

describe.concurrent('durable events', () => {
  faultTest('a consumer is killed while it handles one: another one does', async ({ app }) => {
    const victim = await app.spawn({ durable, settings: of('mail') });
    const stock = await app.start({ durable, settings: of('stock') });
    const { runtime } = app.broker();
    await runtime.connect();
    for (const n of range(3)) {
      await runtime.sender.publish('paid', { n, ms: 300 }, { key: 'k' });
    }
    await victim.facts.until(({ what }) => what === 'started');
    await victim.kill();
    const heir = await app.start({ durable, settings: of('mail') });

    await heir.facts.count(3, ended, { within: TAKEOVER * 2 });

    expect(heir.facts.filter(ended).map(({ n }) => n)).toEqual([0, 1, 2]);
    await stock.facts.count(3, ended);
    // the other service did not notice
    expect(stock.facts.filter(({ what }) => what === 'started')).toHaveLength(3);
    await app.counted({ added: 6, done: 6, lost: 1, dead: 0 });
  });

  durableFaultTest(
    'a service is away while Redis is killed and comes back with its file',
    async ({ app }) => {
      const before = await app.start({ durable, settings: of('mail') });
      await before.runtime.close();
      const { runtime } = app.broker({ settings: of('shop') });
      await runtime.connect();
      await Promise.all(range(50).map(async (n) => await runtime.sender.publish('paid', { n })));
      await app.server.kill();
      const meanwhile = range(50, 50).map(async (n) => {
        await runtime.sender.publish('paid', { n });
      });
      await app.server.restart();
      await Promise.all(meanwhile);
      expect(await waiting(app, 'mail')).toBe(100);

      const after = await app.start({ durable, settings: of('mail') });
      await after.facts.count(100, ended);
      expect(sorted(after.facts.filter(ended).map(({ n }) => n))).toEqual(range(100));
      await app.counted({ added: 100, done: 100, dropped: 0 });
    },
  );

  faultTest('one service that fails for ever does not affect the other', async ({ app }) => {
    const failing = await app.start({ durable, settings: of('failing') });
    const fine = await app.start({ durable, settings: of('fine') });
    const { sender, deadLetters } = failing.runtime;
    for (const n of range(20)) {
      await sender.publish('paid', { n, failing: 'failing' }, { key: `k${n % 2}` });
    }

    await fine.facts.count(20, ended);
    // nothing waits, while the other one is still at it
    expect(await waiting(app, 'fine')).toBe(0);
    await app.counted({ added: 40, done: 20, dead: 20 }, { within: 20_000 });
    expect(fine.facts.filter(({ what }) => what === 'started')).toHaveLength(20);
    expect(failing.facts.filter(ended)).toEqual([]);
    const letters = await deadLetters.list({ count: 100 });
    expect(new Set(letters.map(({ envelope }) => envelope.address))).toEqual(
      new Set(['e:7:failing:0::paid']),
    );
  });

  faultTest('the reply to a publication is lost: it is kept once', async ({ app }) => {
    const gone = await app.start({ durable, settings: of('mail') });
    await gone.runtime.close();
    const proxy = await app.proxy();
    const { runtime } = app.broker({ through: proxy });
    await runtime.connect();
    await runtime.sender.publish('paid', { n: -1 });
    for (const n of range(10)) {
      const lost = proxy.loseReply(SCRIPTS.add.sha);
      await Promise.all([runtime.sender.publish('paid', { n }), lost]);
    }
    expect(await waiting(app, 'mail')).toBe(11);
    expect(await app.redis.xlen(app.keys.key('log', 'paid'))).toBe(11);
  });

  faultTest(
    'a service that is cut off for its time gets all that was published meanwhile',
    async ({ app }) => {
      const proxy = await app.proxy();
      const consumer = await app.start({ durable, settings: of('mail'), through: proxy });
      const { runtime } = app.broker();
      await runtime.connect();
      await runtime.sender.publish('paid', { n: 0 });
      await consumer.facts.until(ended);
      proxy.refuse();
      proxy.cut();
      const end = performance.now() + TTL;
      for (const n of range(20, 1)) await runtime.sender.publish('paid', { n });
      await eventually(() => performance.now() > end, { within: TTL * 2 });
      proxy.accept();
      await consumer.facts.count(21, ended, { within: TAKEOVER * 2 });
      expect(sorted(consumer.facts.filter(ended).map(({ n }) => n))).toEqual(range(21));
    },
  );
});
