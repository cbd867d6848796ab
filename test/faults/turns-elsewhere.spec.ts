import { describe } from 'vitest';
import { RedisBackend, RedisTurns } from '../../lib/backend/redis/index.js';
import { jsonCodec } from '../../lib/codec/index.js';
import { createRuntime, type Runtime } from '../../lib/runtime/index.js';
import { eventually } from '../support/eventually.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { uniqueName } from '../support/unique-name.js';
import { toSettings } from './broker.js';
import type { FaultApp } from './fault-app.js';
import { faultTest } from './fault-test.js';

interface Elsewhere {
  /** Tasks each instance has done. */
  readonly done: readonly number[];
  readonly senders: readonly Runtime[];
}

/** Instances with these weights and some senders, whose turns are decided on another Redis than their queue. */
async function open(
  app: FaultApp,
  turns: RedisServer,
  weights: readonly number[],
): Promise<Elsewhere> {
  const done = weights.map(() => 0);
  const appName = uniqueName('elsewhere');
  const create = (weight: number): Runtime => {
    const common = { appName, onError: () => undefined };
    const runtime = createRuntime({
      backend: new RedisBackend({ ...common, prefix: 'queue', redis: { url: app.server.url } }),
      turns: new RedisTurns({ ...common, prefix: 'turns', redis: { url: turns.url } }),
      settings: toSettings({ balancer: { strategy: 'weighted', local: true, weight } }),
      codec: jsonCodec,
      log: { log: () => undefined, warn: () => undefined, error: () => undefined },
    });
    app.closes(runtime);
    return runtime;
  };
  for (const [i, weight] of weights.entries()) {
    const runtime = create(weight);
    runtime.handle({ kind: 'task', name: 'work', invoke: () => (done[i]! += 1) });
    await runtime.start();
  }
  const senders = [create(1), create(1), create(1), create(1)];
  await Promise.all(senders.map(async (sender) => await sender.connect()));
  return { done, senders };
}

/** Sends until an even wave shows that the senders know the way. */
async function send(senders: readonly Runtime[], each: number): Promise<void> {
  await Promise.all(
    senders.map(async ({ sender }) => {
      for (let n = 0; n < each; n += 1) await sender.enqueue([{ name: 'work', data: n }]);
    }),
  );
}

const total = ({ done }: Elsewhere): number => done.reduce((sum, n) => sum + n, 0);

/** One wave: how many of it each instance did. */
async function wave(place: Elsewhere, each: number): Promise<number[]> {
  const before = [...place.done];
  const expected = total(place) + each * place.senders.length;
  await send(place.senders, each);
  await eventually(async () => {
    if (total(place) !== expected) throw new Error(`${total(place)} of ${expected} are done`);
  });
  return place.done.map((n, i) => n - before[i]!);
}

describe.concurrent('turns on a Redis of their own', () => {
  faultTest('are exact over all senders', async ({ app, expect }) => {
    const turns = await startRedis();
    try {
      const place = await open(app, turns, [5, 3, 2]);
      await eventually(async () => expect(await wave(place, 50)).toEqual([100, 60, 40]));
      expect(await wave(place, 250)).toEqual([500, 300, 200]);
    } finally {
      await turns.stop();
    }
  });

  faultTest('can be lost: work goes on, and is even again afterwards', async ({ app, expect }) => {
    const turns = await startRedis();
    try {
      const place = await open(app, turns, [1, 1]);
      await eventually(async () => expect(await wave(place, 10)).toEqual([20, 20]));
      await turns.kill();
      await wave(place, 25);
      await turns.restart();
      await eventually(async () => expect(await wave(place, 25)).toEqual([50, 50]), {
        within: 20_000,
      });
    } finally {
      await turns.stop();
    }
  });
});
