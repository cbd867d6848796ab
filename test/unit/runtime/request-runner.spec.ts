import { describe, expect, it } from 'vitest';
import type { BusPort, Verdict } from '../../../lib/backend/index.js';
import {
  FRAME,
  type ReplyFrame,
  decodeErrorBody,
  decodeFrames,
  encodeCredit,
} from '../../../lib/codec/index.js';
import { CancelledError } from '../../../lib/errors/index.js';
import type { RequestHandler } from '../../../lib/runtime/handler.js';
import { Handling } from '../../../lib/runtime/handling.js';
import { RequestRunner } from '../../../lib/runtime/request-runner.js';
import { ManualClock } from '../../support/manual-clock.js';
import { Recorder } from '../../support/recorder.js';
import { type DeliveryParts, delivery } from './delivery.js';
import { payloads } from './settings.js';

type Invoke = RequestHandler['invoke'];

const REPLY = { unique: 'u', replyTo: 'here' };
/** Time-outs are rounded up to this. */
const COARSE = 50;

function run(invoke: Invoke, message: DeliveryParts = {}, publish?: () => Promise<void>) {
  const clock = new ManualClock();
  const published: (readonly [string, ReplyFrame[]])[] = [];
  let hear: (message: Buffer) => void = () => undefined;
  const bus: Pick<BusPort, 'channel' | 'publish' | 'subscribe'> = {
    channel: (kind, name = '') => `${kind}/${name}`,
    subscribe: (_, listener) => {
      hear = listener;
      return Promise.resolve(() => undefined);
    },
    publish: (channel, message) => {
      published.push([channel, decodeFrames(Buffer.from(message))]);
      return publish?.() ?? Promise.resolve();
    },
  };
  const verdicts = new Recorder<Verdict | undefined>();
  const handling = new Handling(
    delivery('r:get', { ...REPLY, ...message }),
    { consumer: 'me', fresh: true },
    (_, verdict) => verdicts.record(verdict),
  );
  const onError = (error: unknown): void => {
    throw error;
  };
  const parts = { bus: bus as BusPort, clock, payloads, sendTimeout: 100, onError };
  const runner = new RequestRunner(parts);
  runner.run({ kind: 'request', name: 'get', invoke }, handling, 1_000);
  return { clock, handling, verdicts, published, hear: (message: Buffer) => hear(message) };
}

const look = ({ unique, sequence, kind, body }: ReplyFrame) => [
  unique,
  sequence,
  kind,
  kind === FRAME.error ? decodeErrorBody(body) : body.toString(),
];

/** Every frame in order, the one that settles last; each as id, number, kind and text. */
async function framesOf(...args: Parameters<typeof run>): Promise<unknown[]> {
  const { published, verdicts } = run(...args);
  const verdict = await verdicts.next();
  expect(verdict?.type).toBe('done');
  const reply = verdict?.type === 'done' ? verdict.reply : undefined;
  const last = reply === undefined ? [] : decodeFrames(Buffer.from(reply.frame));
  return [...published.flatMap(([, frames]) => frames), ...last].map(look);
}

describe('RequestRunner', () => {
  it('hands over the decoded payload and the message', async () => {
    let seen: unknown[] = [];
    const { handling, verdicts } = run((...args) => void (seen = args), { payload: '[1]' });
    await verdicts.next();
    expect(seen.slice(0, 2)).toEqual([[1], handling]);
  });

  it('answers one value with one frame, in the step that settles the request', async () => {
    const { published, verdicts } = run((_, __, next) => next({ a: 1 }), { keepReply: 70 });
    const verdict = await verdicts.next();
    expect(published).toEqual([]);
    expect(verdict).toMatchObject({ type: 'done', reply: { channel: 'here', keep: 70 } });
    const fast = run((_, __, next) => next(1));
    expect(await fast.verdicts.next()).toMatchObject({ reply: { ahead: true } });
    expect(await framesOf((_, __, next) => next({ a: 1 }))).toEqual([
      ['u', 0, FRAME.last, '{"a":1}'],
    ]);
  });

  it('answers several values with numbered frames, the last one says so', async () => {
    const frames = await framesOf(async (_, __, next) => {
      void next('a');
      void next('b');
      await Promise.resolve();
      void next(undefined);
    });
    expect(frames).toEqual([
      ['u', 0, FRAME.value, '"a"'],
      ['u', 1, FRAME.value, '"b"'],
      ['u', 2, FRAME.last, ''],
    ]);
  });

  it('answers no value with the end alone', async () => {
    expect(await framesOf(() => 'a value returned is no value of the reply')).toEqual([
      ['u', 0, FRAME.end, ''],
    ]);
  });

  it.each<readonly [string, Invoke]>([
    ['rejects', () => Promise.reject(Object.assign(new Error('no'), { code: 'NO' }))],
    [
      'throws',
      () => {
        throw Object.assign(new Error('no'), { code: 'NO' });
      },
    ],
  ])('answers with an error when the handler %s', async (_, invoke) => {
    expect(await framesOf(invoke)).toEqual([
      ['u', 0, FRAME.error, { name: 'Error', message: 'no', code: 'NO' }],
    ]);
  });

  it('sends the values before an error', async () => {
    const frames = await framesOf((_, __, next) => {
      void next(1);
      void next(2);
      throw new Error('no');
    });
    expect(frames).toEqual([
      ['u', 0, FRAME.value, '1'],
      ['u', 1, FRAME.value, '2'],
      ['u', 2, FRAME.error, { name: 'Error', message: 'no' }],
    ]);
  });

  it('answers with an error when a value cannot be encoded, or the request cannot be decoded', async () => {
    const code = (frames: unknown[]): unknown =>
      (frames as [[0, 0, 0, { code: string }]])[0][3].code;
    expect(code(await framesOf((_, __, next) => next(1n)))).toBe('CODEC');
    expect(code(await framesOf((_, __, next) => next('x'.repeat(1_000))))).toBe(
      'PAYLOAD_TOO_LARGE',
    );
    expect(code(await framesOf(() => 1, { payload: '{' }))).toBe('CODEC');
  });

  it('settles after the values are out, and a lost one does not stop it', async () => {
    const fates: ((lost: boolean) => void)[] = [];
    const { verdicts, published } = run(
      (_, __, next) => [1, 2, 3].forEach((n) => void next(n)),
      {},
      () =>
        new Promise((resolve, reject) =>
          fates.push((lost) => (lost ? reject(new Error('lost')) : resolve())),
        ),
    );
    await new Promise(setImmediate);
    expect([published.length, verdicts.all]).toEqual([2, []]);
    fates[0]?.(true);
    await new Promise(setImmediate);
    expect(verdicts.all).toEqual([]);
    fates[1]?.(false);
    expect(await verdicts.next()).toMatchObject({ type: 'done', reply: { ahead: false } });
  });

  it('answers nobody when nobody asked for an answer', async () => {
    const { verdicts, published } = run((_, __, next) => [1, 2].forEach((n) => void next(n)), {
      replyTo: undefined as unknown as string,
    });
    expect(await verdicts.next()).toEqual({ type: 'done' });
    expect(published).toEqual([]);
  });

  it('ends when its caller waits no longer; what comes later goes nowhere', async () => {
    let say: (value: unknown) => void = () => undefined;
    let finish: () => void = () => undefined;
    const { clock, handling, verdicts, published } = run(
      (_, __, next) =>
        new Promise<void>((resolve) => {
          say = (value) => void next(value);
          finish = resolve;
        }),
    );
    say(1);
    clock.advance(1_000 - 1);
    expect(verdicts.all).toEqual([]);
    clock.advance(COARSE);
    expect(handling.signal.reason).toMatchObject({ code: 'TIMEOUT' });
    say(2);
    say(3);
    finish();
    await new Promise(setImmediate);
    expect([verdicts.all, published]).toEqual([[{ type: 'expired' }], []]);
  });

  it('sends no more than its caller takes, and drops what waits when the caller left', async () => {
    let stopped: unknown;
    const { handling, verdicts, published, hear } = run(async (_, context, next) => {
      context.signal.addEventListener('abort', () => (stopped = context.signal.reason));
      for (let n = 0; !context.signal.aborted; n += 1) await next(n);
      throw context.signal.reason as Error;
    });
    await new Promise(setImmediate);
    expect(published).toHaveLength(256);
    expect(published[0]?.[1][0]?.credits).toMatch(/^reply\//);
    hear(encodeCredit({ unique: 'u', taken: 44 }));
    hear(encodeCredit({ unique: 'somebody else', taken: 200 }));
    await new Promise(setImmediate);
    expect(published).toHaveLength(300);
    const reason = new CancelledError();
    handling.abort(reason);
    expect(stopped).toBe(reason);
    hear(encodeCredit({ unique: 'u', taken: 100 }));
    const verdict = await verdicts.next();
    const frame =
      verdict?.type === 'done' ? decodeFrames(Buffer.from(verdict.reply!.frame))[0] : undefined;
    expect(frame).toMatchObject({ kind: FRAME.error });
  });

  it('answers with an error when what comes cannot be slowed down and its caller does not keep up', async () => {
    const { verdicts, published, clock } = run((_, __, next) => {
      for (;;) void next(1);
    });
    const verdict = await verdicts.next();
    const frame =
      verdict?.type === 'done' ? decodeFrames(Buffer.from(verdict.reply!.frame))[0] : undefined;
    expect(decodeErrorBody(frame!.body)).toMatchObject({ code: 'OVERLOADED' });
    expect([published.length, clock.pending]).toEqual([256, 0]);
  });

  it('leaves no timer behind', async () => {
    const { clock, verdicts } = run(() => 1);
    await verdicts.next();
    expect(clock.pending).toBe(0);
  });
});

describe('a request of a Go-Broker caller', () => {
  const foreign = (invoke: Invoke) => run(invoke, { correlation: 'web-1c' });

  async function replyOf(invoke: Invoke): Promise<unknown> {
    const { verdicts, published } = foreign(invoke);
    const verdict = await verdicts.next();
    expect(published).toEqual([]);
    expect(verdict).toMatchObject({ type: 'done', reply: { channel: 'here' } });
    const reply = verdict?.type === 'done' ? verdict.reply : undefined;
    return JSON.parse(String(reply?.frame));
  }

  it('is answered once, with the last value', async () => {
    const body = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
    const answer = { correlation_id: 'web-1c', error: '' };
    expect(await replyOf((_input, _context, next) => next({ id: 1 }))).toEqual({
      ...answer,
      body: body({ id: 1 }),
    });
    const many = await replyOf((_input, _context, next) => [1, 2, 3].forEach((n) => void next(n)));
    expect(many).toEqual({ ...answer, body: body(3) });
    expect(await replyOf(() => undefined)).toEqual({ ...answer, body: null });
  });

  it('is told of an error by its text alone', async () => {
    const fails = await replyOf((_input, _context, next) => {
      void next(1);
      throw new Error('no such user');
    });
    expect(fails).toEqual({ correlation_id: 'web-1c', body: null, error: 'no such user' });
  });

  it('does not say how long it waits: it has no time-out', async () => {
    const { clock, handling } = foreign(() => new Promise(() => undefined));
    expect(handling.timer).toBeDefined();
    const open = new Handling(
      delivery('r:get', { ...REPLY, correlation: 'c' }),
      { consumer: 'me', fresh: true },
      () => {},
    );
    const runner = new RequestRunner({
      bus: { channel: () => 'here' } as unknown as BusPort,
      clock,
      payloads,
      sendTimeout: 1,
      onError: () => undefined,
    });
    const invoke: Invoke = () => new Promise(() => undefined);
    runner.run({ kind: 'request', name: 'get', invoke }, open, Infinity);
    expect(open.timer).toBeUndefined();
  });
});
