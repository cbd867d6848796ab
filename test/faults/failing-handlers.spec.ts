import { describe } from 'vitest';
import { RetryLaterError, UnrecoverableError } from '../../lib/errors/index.js';
import { DELAY, type Handle, runToDeath, withHandler } from './failing-scene.js';
import { faultTest } from './fault-test.js';

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
      const [letter] = await runToDeath(app, scene);

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
      const [letter] = await runToDeath(app, scene);

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
      const [letter] = await runToDeath(app, scene);

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
      const [letter] = await runToDeath(app, scene);
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
    const [letter] = await runToDeath(app, scene);

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
