import { beforeEach, describe, expect, it } from 'vitest';
import { FRAME, decodeCredits, encodeErrorBody, encodeStreamed } from '../../../lib/codec/index.js';
import { NoHandlerError } from '../../../lib/errors/index.js';
import type { ReplyObserver, RequestOptions } from '../../../lib/runtime/calls.js';
import { withDeadline } from '../../../lib/runtime/deadline.js';
import type { Requester } from '../../../lib/runtime/requester.js';
import { ManualClock } from '../../support/manual-clock.js';
import { Wire, requesterOn } from './wire.js';

const turn = (): Promise<void> => new Promise(setImmediate);

describe('Requester', () => {
  let wire: Wire;
  let clock: ManualClock;
  let requester: Requester;

  beforeEach(() => {
    wire = new Wire();
    clock = new ManualClock();
    requester = requesterOn(wire, clock);
  });

  async function ask(options: RequestOptions = {}, next: ReplyObserver['next'] = () => undefined) {
    const said: unknown[] = [];
    const giveUp = requester.request('get', 1, options, {
      next: (value) => {
        said.push(value);
        return next(value);
      },
      error: (error) => said.push((error as Error & { code?: string }).code ?? error.message),
      complete: () => said.push('complete'),
    });
    await turn();
    return { said, giveUp };
  }

  const frame = (sequence: number, kind: 0 | 1 | 2 | 3 | 4, n = 0, body = '1') =>
    encodeStreamed({ unique: wire.unique(n), sequence, kind, body, credits: 'credits' });
  const cancelledIds = () => wire.cancelled.map(([id]) => id);

  describe('tells the handler to stop', () => {
    it('when its caller gives the call up or aborts, once', async () => {
      const controller = new AbortController();
      const first = await ask();
      const second = await ask({ signal: controller.signal });
      first.giveUp();
      first.giveUp();
      controller.abort();
      await turn();
      expect(wire.cancelled).toEqual([
        [`get:${wire.unique(0)}`, 'request'],
        [`get:${wire.unique(1)}`, 'request'],
      ]);
      expect([first.said, second.said]).toEqual([[], ['CANCELLED']]);
    });

    it('when a value was lost or cannot be read, and more would come', async () => {
      await ask();
      wire.receive(frame(2, FRAME.value));
      await ask();
      wire.receive(frame(0, FRAME.value, 1, '{'));
      await ask();
      wire.receive(frame(1, FRAME.last, 2));
      await turn();
      expect(cancelledIds()).toEqual([`get:${wire.unique(0)}`, `get:${wire.unique(1)}`]);
    });

    it('not when the call is over, refused, or out of time', async () => {
      const last = await ask({}, () => last.giveUp());
      wire.receive(frame(0, FRAME.last));
      last.giveUp();
      const timed = await ask();
      clock.advance(1_000);
      timed.giveUp();
      wire.adding = Promise.reject(new NoHandlerError('get'));
      const refused = await ask();
      refused.giveUp();
      await turn();
      expect(wire.cancelled).toEqual([]);
      expect([last.said, timed.said, refused.said]).toEqual([[1], ['TIMEOUT'], ['NO_HANDLER']]);
    });

    it('only once it was accepted', async () => {
      let accept = (): void => undefined;
      wire.adding = new Promise((resolve) => (accept = resolve));
      const { giveUp } = await ask();
      giveUp();
      await turn();
      expect(wire.cancelled).toEqual([]);
      accept();
      await turn();
      expect(cancelledIds()).toEqual([`get:${wire.unique()}`]);
    });
  });

  describe('gives credits', () => {
    const credits = () =>
      wire.published.map(([channel, bytes]) => [channel, decodeCredits(bytes)[0]?.taken]);

    it('as values are taken, now and then', async () => {
      await ask();
      for (let n = 0; n < 63; n += 1) wire.receive(frame(n, FRAME.value));
      expect(credits()).toEqual([]);
      wire.receive(frame(63, FRAME.value));
      wire.receive(frame(64, FRAME.last));
      expect(credits()).toEqual([['credits', 64]]);
    });

    it('sooner when they are large', async () => {
      await ask();
      const large = JSON.stringify('x'.repeat(300_000));
      wire.receive(frame(0, FRAME.value, 0, large));
      expect(credits()).toEqual([['credits', 1]]);
    });

    it('not before a caller that wants to wait wants more', async () => {
      const waiting: (() => void)[] = [];
      const { said } = await ask({}, () => new Promise<void>((resolve) => waiting.push(resolve)));
      for (let n = 0; n < 100; n += 1) wire.receive(frame(n, FRAME.value));
      await turn();
      expect([said.length, credits()]).toEqual([100, []]);
      for (const go of waiting.slice(0, 64)) go();
      await turn();
      expect(credits()).toEqual([['credits', 64]]);
    });

    it('when it is asked, and notices by the question that values were lost', async () => {
      const { said } = await ask();
      wire.receive(frame(0, FRAME.value), frame(1, FRAME.value));
      wire.receive(frame(2, FRAME.probe));
      expect(credits()).toEqual([['credits', 2]]);
      wire.receive(frame(3, FRAME.probe));
      expect(said).toEqual([1, 1, 'REPLY_LOST']);
    });
  });

  describe('knows a request by its id', () => {
    it('whoever sends it, for as long as replies are kept', async () => {
      await ask({ id: 'order 7' });
      const other = new Wire();
      requesterOn(other, clock).request(
        'get',
        2,
        { id: 'order 7' },
        { next: () => undefined, error: () => undefined, complete: () => undefined },
      );
      await turn();
      await ask({ id: 'order 8' });
      expect(wire.sent[0]?.envelope).toMatchObject({ repeatable: true, keepReply: 600_000 });
      expect(other.sent[0]?.envelope.unique).toBe(wire.unique(0));
      expect(wire.unique(1)).not.toBe(wire.unique(0));
    });

    it('and sends one that is on its way from here only once', async () => {
      const [first, second] = [await ask({ id: 'a' }), await ask({ id: 'a', timeout: 400 })];
      const third = await ask({ id: 'a' });
      expect([wire.sent.length, requester.pending]).toEqual([1, 1]);
      clock.advance(400);
      third.giveUp();
      wire.receive(frame(0, FRAME.last));
      await turn();
      expect([first.said, second.said, third.said]).toEqual([[1, 'complete'], ['TIMEOUT'], []]);
      expect([requester.pending, clock.pending, wire.cancelled]).toEqual([0, 0, []]);
    });

    it('and looks for the reply to one that somebody else has sent', async () => {
      wire.duplicate = true;
      const { said } = await ask({ id: 'a' });
      expect(wire.asked).toEqual([[wire.unique()]]);
      clock.advance(25);
      await turn();
      expect([wire.sent.length, wire.asked.length, said]).toEqual([2, 2, []]);
      expect(wire.sent[1]?.envelope.ttl).toBe(975);
      wire.kept.set(wire.unique(), frame(0, FRAME.last));
      clock.advance(50);
      await turn();
      expect(said).toEqual([1, 'complete']);
      expect([requester.pending, clock.pending]).toEqual([0, 0]);
    });

    it('and sends it after all when that one ended without a reply', async () => {
      wire.duplicate = true;
      const { said } = await ask({ id: 'a' });
      wire.duplicate = false;
      clock.advance(25);
      await turn();
      wire.receive(frame(0, FRAME.last));
      expect(said).toEqual([1, 'complete']);
      clock.advance(10_000);
      await turn();
      expect([wire.sent.length, wire.asked.length]).toEqual([2, 1]);
    });

    it('and leaves one alone that somebody else has sent', async () => {
      wire.duplicate = true;
      const { giveUp } = await ask({ id: 'a' });
      giveUp();
      clock.advance(25);
      await turn();
      expect([wire.cancelled, wire.sent.length, clock.pending]).toEqual([[], 1, 0]);
    });

    it('but not where replies are not kept, or as anything but a name', () => {
      const observer = { next: () => undefined, error: () => undefined, complete: () => undefined };
      const request = (options: RequestOptions) => () =>
        requester.request('get', 1, options, observer);
      expect(request({ id: 'a', mode: 'fast' })).toThrow('id needs the mode reliable');
      expect(request({ id: '' })).toThrow('the id');
    });

    it('and cannot join one whose values have begun to come', async () => {
      await ask({ id: 'a' });
      wire.receive(frame(0, FRAME.value));
      await expect(ask({ id: 'a' })).rejects.toMatchObject({ code: 'REPLY_LOST' });
      expect(requester.pending).toBe(1);
    });
  });

  describe('inside a handler', () => {
    it('waits no longer than the handler has time', async () => {
      const deadline = clock.now() + 300;
      await withDeadline(deadline, () => ask());
      await withDeadline(deadline, () => ask({ timeout: 100 }));
      await withDeadline(clock.now() + 60_000, () => ask());
      await ask();
      expect(wire.sent.map(({ envelope }) => envelope.ttl)).toEqual([300, 100, 1_000, 1_000]);
    });

    it('asks nothing when its time is over', async () => {
      const asking = withDeadline(clock.now(), () => ask());
      await expect(asking).rejects.toMatchObject({ code: 'TIMEOUT', outcome: 'not-sent' });
      expect([wire.sent, requester.pending]).toEqual([[], 0]);
    });
  });

  it('tells one that was cancelled by somebody else', async () => {
    const { said } = await ask();
    const body = encodeErrorBody({ name: 'CancelledError', message: 'm', code: 'CANCELLED' });
    wire.receive(frame(0, FRAME.error, 0, body));
    expect(said).toEqual(['CANCELLED']);
  });
});
