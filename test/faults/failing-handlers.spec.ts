import { describe } from 'vitest';
import { jsonCodec } from '../../lib/codec/index.js';
import { RetryLaterError, UnrecoverableError } from '../../lib/errors/index.js';
import { type HandlingContext, createRuntime } from '../../lib/runtime/index.js';
import { RedisBackend } from '../../lib/backend/redis/index.js';
import { Recorder } from '../support/recorder.js';
import { ask } from './ask.js';
import { type SettingsOverlay, toSettings } from './broker.js';
import type { FaultApp } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { type Work, machineTime } from './work.js';
import type { DeadLetter } from '../../lib/backend/index.js';

type Handle = (input: unknown, context: HandlingContext) => unknown;

const DELAY = 100;

/** One handler that fails in its way, one place to work at, and a neighbour that needs the place too. */
async function withHandler(app: FaultApp, handle: Handle, overlay: SettingsOverlay = {}) {
  const attempts: { attempt: number; at: number; signal: AbortSignal }[] = [];
  const backoff = { type: 'exponential', delay: DELAY, max: 1_000, jitter: 0 } as const;
  const tasks = { attempts: 3, backoff, ...overlay.tasks };
  const settings = toSettings({ maxJobs: 1, grace: 500, ...overlay, tasks });
  const log = { log: () => undefined, warn: () => undefined, error: () => undefined };
  const backend = new RedisBackend({
    prefix: 'test',
    appName: app.name,
    redis: { url: app.server.url },
  });
  const runtime = createRuntime({ backend, settings, codec: jsonCodec, log });
  app.closes(runtime);
  const neighbour = new Recorder<unknown>();
  const invoke: Handle = (input, context) => {
    attempts.push({ attempt: context.attempt, at: machineTime(), signal: context.signal });
    return handle(input, context);
  };
  runtime.handle({ kind: 'task', name: 'fails', invoke });
  runtime.handle({ kind: 'task', name: 'neighbour', invoke: neighbour.record });
  await runtime.start();
  return { runtime, backend, attempts, neighbour };
}

type Scene = Awaited<ReturnType<typeof withHandler>>;

/** Runs one task to its end, with a neighbour behind it; returns what lies among the dead letters. */
async function run(app: FaultApp, { runtime, neighbour }: Scene): Promise<DeadLetter[]> {
  await runtime.sender.enqueue([
    { name: 'fails', data: { n: 1 } },
    { name: 'neighbour', data: { n: 2 } },
  ]);
  await neighbour.next();
  await app.counted({ done: 1, dead: 1 });
  return await runtime.deadLetters.list({ count: 10 });
}

const ways: readonly { readonly way: string; readonly handle: Handle; readonly error: object }[] = [
  {
    way: 'throws',
    handle: () => {
      throw Object.assign(new RangeError('too far'), { code: 'E_FAR', data: { by: 3 } });
    },
    error: { name: 'RangeError', message: 'too far', code: 'E_FAR', data: { by: 3 } },
  },
  {
    way: 'rejects',
    handle: async () => await Promise.reject(new Error('later, but no')),
    error: { name: 'Error', message: 'later, but no' },
  },
  {
    way: 'rejects before its first wait',
    handle: async () => {
      throw new TypeError('at once');
    },
    error: { name: 'TypeError', message: 'at once' },
  },
  {
    way: 'throws a string',
    handle: () => {
      // oxlint-disable-next-line typescript/only-throw-error -- what is tested
      throw 'just words';
    },
    error: { message: 'just words' },
  },
  {
    way: 'rejects with nothing',
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what is tested
    handle: async () => await Promise.reject(undefined),
    error: { message: 'undefined' },
  },
  {
    way: 'throws null',
    handle: () => {
      // oxlint-disable-next-line typescript/only-throw-error -- what is tested
      throw null;
    },
    error: { message: 'null' },
  },
  {
    way: 'throws an object that refers to itself',
    handle: () => {
      const itself: Record<string, unknown> = { some: 'thing' };
      itself['me'] = itself;
      // oxlint-disable-next-line typescript/only-throw-error -- what is tested
      throw itself;
    },
    error: {},
  },
  {
    way: 'throws an error whose data has no JSON form',
    handle: () => {
      const data: Record<string, unknown> = { big: 1n };
      data['me'] = data;
      throw Object.assign(new Error('with data'), { data });
    },
    error: { message: 'with data' },
  },
  {
    way: 'throws an error that cannot be looked at',
    handle: () => {
      throw Object.defineProperty(new Error('hidden'), 'message', {
        get() {
          throw new Error('do not look');
        },
      });
    },
    error: {},
  },
  {
    way: 'returns a thenable that throws',
    handle: () => ({
      // oxlint-disable-next-line unicorn/no-thenable -- what is tested
      then() {
        throw new Error('no promise at all');
      },
    }),
    error: { message: 'no promise at all' },
  },
];

describe.concurrent('a handler', () => {
  for (const { way, handle, error } of ways) {
    faultTest(`${way}: it is tried again, then a dead letter`, async ({ app, expect }) => {
      const scene = await withHandler(app, handle);
      const [letter] = await run(app, scene);

      expect(scene.attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      const [first, second, third] = scene.attempts.map(({ at }) => at) as [number, number, number];
      expect(second - first).toBeGreaterThanOrEqual(DELAY);
      expect(third - second).toBeGreaterThanOrEqual(DELAY * 2);
      expect(letter).toMatchObject({ reason: 'failed', envelope: { attempts: 3 }, error });
      expect(JSON.parse(String(letter?.payload))).toEqual({ n: 1 });
      await app.counted({ retried: 2, dead: 1, done: 1, stale: 0 });
    });
  }

  faultTest(
    'takes too long: told by its signal, tried again, then a dead letter',
    async ({ app, expect }) => {
      const slow: Handle = async (_, { signal }) =>
        await new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        );
      const scene = await withHandler(app, slow, { tasks: { timeout: 150 } });
      const [letter] = await run(app, scene);

      expect(scene.attempts).toHaveLength(3);
      expect(scene.attempts.map(({ signal }) => (signal.reason as { code: string }).code)).toEqual([
        'TIMEOUT',
        'TIMEOUT',
        'TIMEOUT',
      ]);
      expect(letter).toMatchObject({
        reason: 'failed',
        error: { name: 'TimeoutError', code: 'TIMEOUT' },
      });
    },
  );

  faultTest(
    'never ends: its place is free after the time-out, the neighbour is served',
    async ({ app, expect }) => {
      const endless: Handle = async () => await new Promise<never>(() => undefined);
      const scene = await withHandler(app, endless, { tasks: { timeout: 150, attempts: 2 } });
      const [letter] = await run(app, scene);

      expect(scene.attempts).toHaveLength(2);
      expect(letter).toMatchObject({ reason: 'failed', error: { code: 'TIMEOUT' } });
    },
  );

  faultTest(
    'rejects after its time-out: the first verdict stands, and nobody is left alone',
    async ({ app, expect }) => {
      const late: Handle = async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        throw new Error('too late to matter');
      };
      const scene = await withHandler(app, late, { tasks: { timeout: 100, attempts: 1 } });
      const [letter] = await run(app, scene);
      const { sender } = scene.runtime;
      await sender.enqueue([{ name: 'fails', data: { n: 3 } }]);
      await app.counted({ dead: 2 });

      expect(letter).toMatchObject({ error: { code: 'TIMEOUT' } });
      expect(await app.counters()).toMatchObject({ dead: 2, retried: 0, stale: 0 });
    },
  );

  faultTest('says that it cannot: a dead letter at once', async ({ app, expect }) => {
    const scene = await withHandler(app, () => {
      throw new UnrecoverableError('never will');
    });
    const [letter] = await run(app, scene);

    expect(scene.attempts).toHaveLength(1);
    expect(letter).toMatchObject({
      reason: 'unrecoverable',
      envelope: { attempts: 1 },
      error: { message: 'never will', stack: expect.stringContaining('never will') as string },
    });
  });

  faultTest(
    'says that it is too early: later, and it costs no attempt',
    async ({ app, expect }) => {
      let early = 4;
      const scene = await withHandler(app, () => {
        if (early-- > 0) throw new RetryLaterError(30);
      });
      await scene.runtime.sender.enqueue([{ name: 'fails', data: {} }]);
      await app.counted({ done: 1 });

      expect(scene.attempts.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1]);
      expect(await scene.runtime.deadLetters.list({ count: 1 })).toEqual([]);
    },
  );
});

describe.concurrent('a message', () => {
  faultTest(
    'whose payload cannot be decoded goes to the dead letters at once',
    async ({ app, expect }) => {
      const scene = await withHandler(app, () => undefined);
      const envelope = { unique: 'broken', address: 't:fails', key: 'k' } as const;
      await scene.backend.queue.add([{ envelope, payload: '{ "half": ' }], 5_000);
      await app.counted({ dead: 1 });
      await scene.runtime.sender.enqueue([{ name: 'fails', data: {}, options: { key: 'k' } }]);
      await app.counted({ done: 1 });

      const [letter] = await scene.runtime.deadLetters.list({ count: 1 });
      expect(scene.attempts).toHaveLength(1);
      expect(letter).toMatchObject({
        reason: 'undecodable',
        error: { name: 'CodecError', code: 'CODEC' },
      });
      expect(String(letter?.payload)).toBe('{ "half": ');
    },
  );

  faultTest('whose header is damaged goes to the dead letters at once', async ({ app, expect }) => {
    const scene = await withHandler(app, () => undefined);
    const stream = app.keys.stream('t:fails');
    await app.redis.xadd(stream, '*', 'h', Buffer.from([1, 0x93, 0xff]), 'p', 'x');
    await app.redis.xadd(stream, '*', 'h', '', 'p', 'y');
    await app.redis.xadd(stream, '*', 'who', 'knows');
    await scene.runtime.sender.enqueue([{ name: 'neighbour', data: {} }]);
    await scene.neighbour.next();

    await app.counted({ done: 1 });
    expect(scene.attempts).toEqual([]);
    await app.redis.xlen(stream);
    const letters = await scene.runtime.deadLetters.list({ count: 10 });
    expect(letters[0]).toMatchObject({ reason: 'undecodable', error: { code: 'CODEC' } });
  });

  faultTest(
    'that nobody handles waits, is counted, and is done by whoever comes',
    async ({ app, expect }) => {
      const scene = await withHandler(app, () => undefined);
      await scene.runtime.sender.enqueue([
        { name: 'nobody', data: { n: 1 } },
        { name: 'neighbour', data: {} },
      ]);
      await scene.neighbour.next();

      expect(await app.stats()).toMatchObject({ unclaimed: 1, deadLetters: 0 });
      const late = await app.start({ tasks: ['nobody'] });
      await late.facts.until(({ what }) => what === 'ended');
      await app.counted({ done: 2 });
    },
  );

  faultTest('that asks what nobody answers is refused at once', async ({ app, expect }) => {
    const scene = await withHandler(app, () => undefined);
    const start = machineTime();
    const answer = ask(scene.runtime.sender, { name: 'nobody', options: { timeout: 20_000 } });

    await expect(answer).rejects.toMatchObject({ code: 'NO_HANDLER', outcome: 'not-sent' });
    expect(machineTime() - start).toBeLessThan(5_000);
    expect(await app.counters()).toMatchObject({ added: 0 });
  });

  faultTest('that asks a handler that fails gets its error', async ({ app, expect }) => {
    const server = await app.start({ requests: ['ask'] });
    const work: Work = { n: 1, failures: 1 };
    const answer = ask(server.runtime.sender, { name: 'ask', data: work });

    await expect(answer).rejects.toMatchObject({ code: 'REMOTE', message: 'attempt 1 of 1 fails' });
    await app.counted({ done: 1, retried: 0, dead: 0 });
  });
});
