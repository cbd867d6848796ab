import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../lib/backend/index.js';
import { CancelledError, RetryLaterError, UnrecoverableError } from '../../../lib/errors/index.js';
import type { TaskHandler } from '../../../lib/runtime/handler.js';
import { Handling } from '../../../lib/runtime/handling.js';
import { TaskRunner } from '../../../lib/runtime/task-runner.js';
import { ManualClock } from '../../support/manual-clock.js';
import { Recorder } from '../../support/recorder.js';
import { type DeliveryParts, delivery } from './delivery.js';
import { POLICY, payloads } from './settings.js';

type Invoke = TaskHandler['invoke'];

/** Runs one attempt. */
function run(invoke: Invoke, parts: DeliveryParts = {}, handler: Partial<TaskHandler> = {}) {
  const clock = new ManualClock(5_000);
  const verdicts = new Recorder<Verdict | undefined>();
  const handling = new Handling(
    delivery('t:mail', parts),
    { consumer: 'me', fresh: true },
    (_, verdict) => verdicts.record(verdict),
  );
  const runner = new TaskRunner({ clock, payloads, defaults: POLICY });
  runner.run({ kind: 'task', name: 'mail', ...handler, invoke }, handling);
  return { clock, handling, verdicts };
}

const verdictOf = async (...args: Parameters<typeof run>): Promise<Verdict | undefined> =>
  await run(...args).verdicts.next();

const failing =
  (error: unknown): Invoke =>
  async () => {
    throw error as Error;
  };
const throwing =
  (error: unknown): Invoke =>
  () => {
    throw error as Error;
  };
const boom = new Error('boom');
const retry = { type: 'retry', delay: 1_000, counts: true };

describe('TaskRunner', () => {
  it('hands over the decoded payload and the message', () => {
    let seen: unknown[] = [];
    const { handling } = run((...args) => (seen = args), { payload: '{"a":[1]}' });
    expect(seen).toEqual([{ a: [1] }, handling]);
  });

  it('is done when the handler returns or resolves, in the same turn if it can', async () => {
    expect(run(() => 'anything').verdicts.all).toEqual([{ type: 'done' }]);
    expect(await verdictOf(() => Promise.resolve(false))).toEqual({ type: 'done' });
  });

  it('tries again when the handler throws or rejects', async () => {
    expect(run(throwing(boom)).verdicts.all).toEqual([retry]);
    expect(await verdictOf(failing(boom))).toEqual(retry);
    expect(await verdictOf(failing(undefined), { attempts: 1 })).toEqual(retry);
  });

  it('gives up after the last attempt, and keeps what happened', async () => {
    expect(await verdictOf(failing(boom), { attempts: 2 })).toEqual({
      type: 'dead',
      reason: 'failed',
      error: { name: 'Error', message: 'boom', stack: boom.stack },
      consumer: 'me',
    });
  });

  it('goes by the message, then by the handler, then by the settings', async () => {
    const backoff = { type: 'exponential', delay: 10, max: 35, jitter: 0 } as const;
    const handler = { policy: { attempts: 4, backoff } };
    const first = await verdictOf(failing(boom), { attempts: 2 }, handler);
    expect(first).toEqual({ type: 'retry', delay: 35, counts: true });
    const policy = { attempts: 2 };
    expect(await verdictOf(failing(boom), { attempts: 0, policy }, handler)).toEqual({
      type: 'retry',
      delay: 10,
      counts: true,
    });
    const last = await verdictOf(failing(boom), { attempts: 1, policy }, handler);
    expect(last).toMatchObject({ type: 'dead', reason: 'failed' });
  });

  it('gives up at once what is unrecoverable', async () => {
    expect(await verdictOf(failing(new UnrecoverableError('no', { data: 1 })))).toMatchObject({
      type: 'dead',
      reason: 'unrecoverable',
      error: { name: 'UnrecoverableError', code: 'UNRECOVERABLE', message: 'no', data: 1 },
    });
  });

  it.each([
    [0, 0],
    [250, 250],
    ['10m', 600_000],
    ['1m30s', 90_000],
  ])(
    'runs again after %s when the handler says so, at no cost, ever',
    async (delay, milliseconds) => {
      expect(await verdictOf(failing(new RetryLaterError(delay)), { attempts: 99 })).toEqual({
        type: 'retry',
        delay: milliseconds,
        counts: false,
      });
    },
  );

  it.each([[-1], [Number.NaN], [Infinity], ['soon'], [''], [undefined as unknown as string]])(
    'gives up what is to run again after %s: nobody knows when',
    async (delay) => {
      expect(await verdictOf(failing(new RetryLaterError(delay)))).toMatchObject({
        type: 'dead',
        reason: 'failed',
        error: { name: 'TypeError', message: expect.stringContaining(`got ${delay}`) as string },
      });
    },
  );

  it('never calls the handler with what cannot be decoded', async () => {
    let called = false;
    const verdict = await verdictOf(() => (called = true), { payload: '{' });
    expect(called).toBe(false);
    expect(verdict).toMatchObject({
      type: 'dead',
      reason: 'undecodable',
      error: {
        code: 'CODEC',
        message: expect.stringContaining('"mail" cannot be decoded') as string,
      },
    });
  });

  it('does not try again what was cancelled, whatever the handler does', async () => {
    for (const error of [boom, new RetryLaterError(5), new UnrecoverableError('no')]) {
      let fail: (error: Error) => void = () => undefined;
      const { handling, verdicts } = run(() => new Promise((_, reject) => (fail = reject)), {
        attempts: 9,
      });
      handling.cancelled = true;
      handling.abort(new CancelledError());
      fail(error);
      expect(await verdicts.next()).toEqual({ type: 'done' });
    }
  });
});

describe('the time-out of a task', () => {
  const never: Invoke = () => new Promise(() => undefined);

  it('ends the attempt, and tells the handler', () => {
    const { clock, handling, verdicts } = run(never, { policy: { timeout: 200 } });
    expect(handling.deadline).toBe(5_200);
    const { signal } = handling;
    clock.advance(199);
    expect([signal.aborted, verdicts.all]).toEqual([false, []]);
    clock.advance(1);
    expect(verdicts.all).toEqual([retry]);
    expect(signal.reason).toMatchObject({
      code: 'TIMEOUT',
      message: 'task "mail" took longer than 200 ms',
    });
  });

  it('is a failure like any other at the last attempt', () => {
    const { clock, verdicts } = run(never, { attempts: 2 }, { policy: { timeout: 200 } });
    clock.advance(200);
    expect(verdicts.all).toMatchObject([
      { type: 'dead', reason: 'failed', error: { code: 'TIMEOUT' } },
    ]);
  });

  it('is over with the handler, and there is none by default', async () => {
    const done = run(() => Promise.resolve(), { policy: { timeout: 200 } });
    await done.verdicts.next();
    expect(done.clock.pending).toBe(0);
    const sync = run(() => 1, { policy: { timeout: 200 } });
    expect(sync.clock.pending).toBe(0);
    const open = run(never);
    expect([open.clock.pending, open.handling.deadline]).toEqual([0, undefined]);
  });

  it('stands: what the handler does later changes nothing', async () => {
    let finish: (value?: unknown) => void = () => undefined;
    const { clock, verdicts } = run(() => new Promise((resolve) => (finish = resolve)), {
      policy: { timeout: 200 },
    });
    clock.advance(200);
    finish();
    await new Promise(setImmediate);
    expect(verdicts.all).toEqual([retry]);
  });
});
