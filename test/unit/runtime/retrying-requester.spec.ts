import { beforeEach, describe, expect, it } from 'vitest';
import {
  BackendUnavailableError,
  NoHandlerError,
  OverloadedError,
  RemoteError,
  ServerLostError,
} from '../../../lib/errors/index.js';
import type { ReplyObserver, RequestOptions, RequestRetry } from '../../../lib/runtime/calls.js';
import type { Requester } from '../../../lib/runtime/requester.js';
import { RetryingRequester } from '../../../lib/runtime/retrying-requester.js';
import { withDeadline } from '../../../lib/runtime/deadline.js';
import { ManualClock } from '../../support/manual-clock.js';

const BACKOFF = { type: 'fixed', delay: 100, max: 100, jitter: 0 } as const;
const RETRY: RequestRetry = { attempts: 3, backoff: BACKOFF, codes: [] };
const RPC = { timeout: 1_000, mode: 'reliable', maxWaiting: 10 } as const;

interface Attempt {
  readonly options: RequestOptions;
  readonly observer: ReplyObserver;
}

describe('RetryingRequester', () => {
  let clock: ManualClock;
  let attempts: Attempt[];
  let given: number;
  /** What the next attempts throw at once. */
  let refusals: Error[];
  let requester: Pick<Requester, 'request'>;

  beforeEach(() => {
    clock = new ManualClock();
    attempts = [];
    given = 0;
    refusals = [];
    requester = {
      request: (_, __, options, observer) => {
        const refusal = attempts.push({ options, observer }) > 1 ? refusals.shift() : undefined;
        if (refusal !== undefined) throw refusal;
        return () => void (given += 1);
      },
    };
  });

  function ask(options: RequestOptions, rpc: object = RPC) {
    const said: unknown[] = [];
    const retrying = new RetryingRequester(requester as Requester, {
      clock,
      rpc: rpc as typeof RPC,
    });
    const giveUp = retrying.request('get', 1, options, {
      next: (value) => void said.push(value),
      error: (error) => said.push(error),
      complete: () => said.push('complete'),
    });
    return { said, giveUp };
  }

  const fail = (error: Error): void => attempts.at(-1)?.observer.error(error);

  it('gives later attempts no more time than the handler that asks has', () => {
    withDeadline(clock.now() + 400, () => ask({ retry: RETRY }));
    fail(new NoHandlerError('get'));
    clock.advance(100);
    expect(attempts.map(({ options }) => options.timeout)).toEqual([400, 300]);
  });

  it('leaves requests alone that want no second attempt', () => {
    const { said } = ask({});
    const [first, error] = [attempts[0], new NoHandlerError('get')];
    expect(first?.options).toEqual({});
    fail(error);
    ask({ retry: { ...RETRY, attempts: 1 } }, { ...RPC, retry: RETRY });
    fail(error);
    clock.advance(10_000);
    expect([said, attempts.length]).toEqual([[error], 2]);
  });

  it('sends again what was refused, after its back-off, in the time that is left', () => {
    const { said } = ask({ retry: RETRY });
    clock.advance(50);
    fail(new NoHandlerError('get'));
    clock.advance(99);
    expect(attempts).toHaveLength(1);
    clock.advance(1);
    fail(new OverloadedError('full'));
    clock.advance(100);
    expect(attempts.map(({ options }) => options.timeout)).toEqual([1_000, 850, 750]);
    void attempts[2]?.observer.next(5);
    attempts[2]?.observer.complete();
    expect([said, clock.pending]).toEqual([[5, 'complete'], 0]);
  });

  it('ends with the last error when attempts, or time, are over', () => {
    const [first, last] = [new NoHandlerError('get'), new NoHandlerError('get')];
    const { said } = ask({ retry: { ...RETRY, attempts: 2 } });
    fail(first);
    clock.advance(100);
    fail(last);
    const short = ask({ retry: RETRY, timeout: 100 });
    fail(first);
    expect([said, short.said, attempts.length, clock.pending]).toEqual([[last], [first], 3, 0]);
  });

  it('follows the default of the broker', () => {
    ask({}, { ...RPC, retry: RETRY });
    fail(new NoHandlerError('get'));
    clock.advance(100);
    expect(attempts).toHaveLength(2);
  });

  it('sends again under one id what may have been accepted, or not at all', () => {
    const unknown = new BackendUnavailableError('gone', { outcome: 'unknown' });
    ask({ retry: RETRY });
    fail(unknown);
    clock.advance(100);
    const [first, second] = attempts;
    expect(first?.options.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(second?.options.id).toBe(first?.options.id);
    const fast = ask({ retry: RETRY, mode: 'fast' });
    expect(attempts[2]?.options.id).toBeUndefined();
    fail(unknown);
    expect(fast.said).toEqual([unknown]);
    const fastRefused = ask({ retry: RETRY, mode: 'fast', id: 'mine' });
    fail(new NoHandlerError('get'));
    clock.advance(100);
    expect([attempts.length, attempts[4]?.options.id, fastRefused.said]).toEqual([5, 'mine', []]);
  });

  it('tries again only what may help, or what the caller says', () => {
    const lost = new ServerLostError();
    const mine = new RemoteError('no', { code: 'BUSY' });
    const plain = ask({ retry: RETRY });
    fail(lost);
    const other = ask({ retry: RETRY });
    fail(new TypeError('no'));
    expect([plain.said, other.said.length]).toEqual([[lost], 1]);
    ask({ retry: { ...RETRY, codes: ['SERVER_LOST', 'BUSY'] } });
    fail(lost);
    clock.advance(100);
    fail(mine);
    clock.advance(100);
    expect(attempts).toHaveLength(5);
  });

  it('sends nothing again once a value has arrived', () => {
    const { said } = ask({ retry: RETRY });
    const error = new NoHandlerError('get');
    void attempts[0]?.observer.next(1);
    fail(error);
    expect([said, clock.pending]).toEqual([[1, error], 0]);
  });

  it('can be given up while it runs and in a pause', () => {
    const running = ask({ retry: RETRY });
    running.giveUp();
    expect(given).toBe(1);
    const pausing = ask({ retry: RETRY });
    fail(new NoHandlerError('get'));
    pausing.giveUp();
    clock.advance(10_000);
    expect([attempts.length, pausing.said, clock.pending]).toEqual([2, [], 0]);
  });

  it('ends at once when its signal aborts in a pause', () => {
    const controller = new AbortController();
    const { said } = ask({ retry: RETRY, signal: controller.signal });
    fail(new NoHandlerError('get'));
    controller.abort(new Error('enough'));
    expect(said).toMatchObject([{ code: 'CANCELLED' }]);
    expect([attempts.length, clock.pending]).toEqual([1, 0]);
  });

  it('says what a later attempt is refused with', () => {
    const closed = new Error('closed');
    refusals = [closed];
    const { said } = ask({ retry: RETRY });
    fail(new NoHandlerError('get'));
    clock.advance(100);
    expect(said).toEqual([closed]);
  });
});
