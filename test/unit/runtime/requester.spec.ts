import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { FRAME, encodeErrorBody, encodeFrame } from '../../../lib/codec/index.js';
import { NoHandlerError } from '../../../lib/errors/index.js';
import type { RequestOptions } from '../../../lib/runtime/calls.js';
import type { Requester } from '../../../lib/runtime/requester.js';
import { ManualClock } from '../../support/manual-clock.js';
import { Wire, requesterOn } from './wire.js';

type Said = readonly ['next', unknown] | readonly ['error', Error] | readonly ['complete'];

describe('Requester', () => {
  let wire: Wire;
  let clock: ManualClock;
  let requester: Requester;

  beforeEach(() => {
    wire = new Wire();
    clock = new ManualClock();
    requester = requesterOn(wire, clock);
  });

  /** A request that has left; what its observer is told is noted. */
  async function ask(options: RequestOptions = {}, data: unknown = 1) {
    const said: Said[] = [];
    const giveUp = requester.request('get', data, options, {
      next: (value) => void said.push(['next', value]),
      error: (error) => said.push(['error', error]),
      complete: () => said.push(['complete']),
    });
    await new Promise(setImmediate);
    return { said, giveUp };
  }

  const value = (sequence: number, text: string, n = 0) =>
    encodeFrame(wire.unique(n), sequence, FRAME.value, text);
  const last = (sequence: number, text: string, n = 0) =>
    encodeFrame(wire.unique(n), sequence, FRAME.last, text);
  const end = (sequence: number) => encodeFrame(wire.unique(), sequence, FRAME.end, '');
  const failed = (sequence: number, name: string, code?: string, data?: unknown) =>
    encodeFrame(
      wire.unique(),
      sequence,
      FRAME.error,
      encodeErrorBody({ name, message: 'm', ...(code === undefined ? {} : { code }), data }),
    );
  const errorOf = (said: readonly Said[]): unknown => said.find(([what]) => what === 'error')?.[1];

  it('sends what a handler needs to answer', async () => {
    await ask({ headers: { a: 'b' }, target: 'someone' }, { id: 7 });
    await ask({ mode: 'fast', timeout: 50 });
    const [first, second] = wire.sent;
    expect(first).toMatchObject({
      envelope: {
        address: 'r:get',
        ttl: 1_000,
        keepReply: 2_000,
        headers: { a: 'b' },
        target: 'someone',
      },
      payload: '{"id":7}',
      timeout: 1_000,
    });
    expect(second).toMatchObject({ envelope: { ttl: 50 }, timeout: 50 });
    expect(Object.keys(second!.envelope)).toEqual(['unique', 'address', 'ttl', 'replyTo']);
    expect(first?.envelope.replyTo).toMatch(/^reply\/.{16}$/);
    expect([second?.envelope.replyTo, wire.subscriptions]).toEqual([first?.envelope.replyTo, 1]);
  });

  it('sends a key for those who route by it, and refuses one that is none at once', async () => {
    await ask({ key: 'customer 7' });
    expect(wire.sent[0]?.envelope.key).toBe('customer 7');
    await expect(ask({ key: '' })).rejects.toMatchObject({ code: 'INVALID_NAME' });
    expect([wire.sent.length, requester.pending, clock.pending]).toEqual([1, 1, 1]);
  });

  it('sends nothing before it listens', async () => {
    let subscribed = (): void => undefined;
    wire.subscribing = new Promise((resolve) => (subscribed = resolve));
    await ask();
    await ask();
    expect(wire.sent).toEqual([]);
    subscribed();
    await new Promise(setImmediate);
    expect([wire.sent.length, wire.subscriptions]).toEqual([2, 1]);
  });

  it('tries to listen again after a failure', async () => {
    wire.subscribing = Promise.reject(new Error('no link'));
    const { said } = await ask();
    expect(errorOf(said)).toMatchObject({ message: 'no link' });
    wire.subscribing = Promise.resolve();
    await ask();
    expect([wire.sent.length, requester.pending]).toEqual([1, 1]);
  });

  it('hands on values in order, then the end', async () => {
    const { said } = await ask();
    wire.receive(value(0, '"a"'));
    wire.receive(value(1, ''), last(2, '{"b":1}'));
    expect(said).toEqual([['next', 'a'], ['next', undefined], ['next', { b: 1 }], ['complete']]);
    expect([requester.pending, clock.pending]).toEqual([0, 0]);
  });

  it('can end without a value', async () => {
    const { said } = await ask();
    wire.receive(end(0));
    expect(said).toEqual([['complete']]);
  });

  it('tells the caller when a value was lost, and nothing after that', async () => {
    const { said } = await ask();
    wire.receive(value(0, '1'));
    wire.receive(value(3, '4'), last(4, '5'));
    expect(said.map(([what]) => what)).toEqual(['next', 'error']);
    expect(errorOf(said)).toMatchObject({
      code: 'REPLY_LOST',
      outcome: 'unknown',
      message: '2 values of the reply to "get" were lost',
    });
    expect([requester.pending, clock.pending]).toEqual([0, 0]);
  });

  it('notices by the end that the last values were lost', async () => {
    const { said } = await ask();
    wire.receive(value(0, '1'));
    wire.receive(end(2));
    expect(errorOf(said)).toMatchObject({ code: 'REPLY_LOST' });
  });

  it('ignores frames it had already, as after a gap', async () => {
    const { said } = await ask();
    wire.receive(value(0, '1'), value(1, '2'));
    wire.receive(value(0, '1'), value(1, '2'), last(2, '3'));
    wire.receive(last(2, '3'));
    expect(said).toEqual([['next', 1], ['next', 2], ['next', 3], ['complete']]);
  });

  it('ignores frames for others: nobody gets a foreign reply', async () => {
    const [first, second] = [await ask(), await ask()];
    wire.receive(
      encodeFrame('nobody', 0, FRAME.last, '"foreign"'),
      last(0, '"second"', 1),
      encodeFrame('nobody', 0, FRAME.error, '{}'),
      last(0, '"first"', 0),
    );
    expect(first.said).toEqual([['next', 'first'], ['complete']]);
    expect(second.said).toEqual([['next', 'second'], ['complete']]);
  });

  it('rejects with the error of the handler, after the values before it', async () => {
    const { said } = await ask();
    wire.receive(value(0, '1'), failed(1, 'RpcException', 'E_MINE', { hint: 1 }));
    expect(said[0]).toEqual(['next', 1]);
    expect(errorOf(said)).toMatchObject({
      name: 'RemoteError',
      code: 'E_MINE',
      message: 'm',
      data: { hint: 1 },
      retryable: false,
    });
  });

  it('knows a lost instance from a handler that names its error so', async () => {
    const lost = await ask();
    wire.receive(failed(0, 'ServerLostError', 'SERVER_LOST'));
    expect(errorOf(lost.said)).toMatchObject({ name: 'ServerLostError', outcome: 'unknown' });
    wire.sent.length = 0;
    const pretended = await ask();
    wire.receive(failed(0, 'Error', 'SERVER_LOST'));
    expect(errorOf(pretended.said)).toMatchObject({ name: 'RemoteError', code: 'SERVER_LOST' });
  });

  it('rejects when a value cannot be decoded', async () => {
    const { said } = await ask();
    wire.receive(value(0, '{'), last(1, '1'));
    expect(said.map(([what]) => what)).toEqual(['error']);
    expect(errorOf(said)).toMatchObject({ code: 'CODEC' });
  });

  it('rejects when the request is refused', async () => {
    wire.adding = Promise.reject(new NoHandlerError('get'));
    const { said } = await ask();
    expect(errorOf(said)).toMatchObject({ code: 'NO_HANDLER', outcome: 'not-sent' });
    expect([requester.pending, clock.pending]).toEqual([0, 0]);
  });

  it('ends when nobody answers in time, and leaves nothing', async () => {
    const { said } = await ask({ timeout: 300 });
    wire.receive(value(0, '1'));
    clock.advance(299);
    expect(said).toEqual([['next', 1]]);
    clock.advance(1);
    expect(errorOf(said)).toMatchObject({
      code: 'TIMEOUT',
      outcome: 'unknown',
      message: 'no reply to "get" within 300 ms',
    });
    wire.receive(last(1, '2'));
    expect([said.length, requester.pending, clock.pending]).toEqual([2, 0, 0]);
  });

  it('can be given up: nobody is called any more', async () => {
    const { said, giveUp } = await ask();
    giveUp();
    giveUp();
    wire.receive(last(0, '1'));
    clock.advance(10_000);
    expect([said, requester.pending, clock.pending]).toEqual([[], 0, 0]);
  });

  it('ends with its abort signal, and lets go of the signal', async () => {
    const controller = new AbortController();
    const answered = await ask({ signal: controller.signal });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    wire.receive(last(0, '1'));
    expect(answered.said).toHaveLength(2);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    const aborted = await ask({ signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    expect(errorOf(aborted.said)).toMatchObject({
      code: 'CANCELLED',
      outcome: 'unknown',
      cause: reason,
    });
    expect([answered.said.length, requester.pending, clock.pending]).toEqual([2, 0, 0]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('sends nothing when it was aborted before, or when anything is wrong with it', async () => {
    const observer = { next: () => undefined, error: () => undefined, complete: () => undefined };
    const signal = AbortSignal.abort(new Error('enough'));
    const wrong: [string, unknown, RequestOptions, object][] = [
      ['get', 1, { signal }, { code: 'CANCELLED', outcome: 'not-sent' }],
      ['', 1, {}, { code: 'INVALID_NAME' }],
      ['get', 1n, {}, { code: 'CODEC' }],
      ['get', 'x'.repeat(1_000), {}, { code: 'PAYLOAD_TOO_LARGE' }],
      ['get', 1, { headers: { a: 1 as unknown as string } }, { code: 'INVALID_OPTIONS' }],
    ];
    for (const [name, data, options, error] of wrong) {
      expect(() => requester.request(name, data, options, observer)).toThrow(
        expect.objectContaining(error) as Error,
      );
    }
    await new Promise(setImmediate);
    expect([wire.sent, requester.pending, clock.pending]).toEqual([[], 0, 0]);
  });

  it('asks for kept replies after a gap, for reliable calls alone', async () => {
    const reliable = await ask();
    const fast = await ask({ mode: 'fast' });
    const waiting = await ask();
    wire.kept = new Map([[wire.unique(0), last(0, '"kept"')]]);
    await wire.gap();
    expect(wire.asked).toEqual([[wire.unique(0), wire.unique(2)]]);
    expect(reliable.said).toEqual([['next', 'kept'], ['complete']]);
    expect([fast.said, waiting.said, requester.pending]).toEqual([[], [], 2]);
  });

  it('tells every caller when it is closed, and takes no more', async () => {
    const [first, second] = [await ask(), await ask()];
    requester.close();
    for (const { said } of [first, second]) {
      expect(errorOf(said)).toMatchObject({ code: 'CLOSED', outcome: 'unknown' });
    }
    await new Promise(setImmediate);
    expect([requester.pending, clock.pending, wire.subscriptions]).toEqual([0, 0, 0]);
    expect(wire.hearsGaps).toBe(false);
    await expect(ask()).rejects.toMatchObject({ code: 'CLOSED', outcome: 'not-sent' });
  });

  it('can be closed before it ever listened', async () => {
    requester.close();
    expect(wire.subscriptions).toBe(0);
  });
});
