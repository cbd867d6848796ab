import { describe, expect, it } from 'vitest';
import { FRAME, decodeErrorBody, decodeFrames, encodeFrame } from '../../lib/codec/index.js';
import { Recorder } from '../support/recorder.js';
import { LOST_LIMIT } from './consumer.js';
import { idOf, request, task } from './messages.js';
import { type OpenScene, type Scene, texts } from './scene.js';

const KEEP = 600_000;

/** The frames that arrive at one client. */
async function listen(scene: Scene) {
  const frames = new Recorder<ReturnType<typeof decodeFrames>[number]>();
  const channel = scene.backend.bus.channel('reply', 'client');
  await scene.backend.bus.subscribe(channel, (message) => {
    for (const frame of decodeFrames(message)) frames.record(frame);
  });
  return { channel, frames };
}

const answerTo = (unique: string, body: string) => encodeFrame(unique, 0, FRAME.last, body);

const isDuplicate = (added: readonly { readonly duplicate: boolean }[]): boolean[] =>
  added.map(({ duplicate }) => duplicate);

export function describeRequestsAgain(open: OpenScene): void {
  describe('idempotent requests', () => {
    const idempotent = ['q'];

    it('go to another server if their holder dies, until too many have died of them', async () => {
      const scene = await open();
      const { channel, frames } = await listen(scene);
      for (let lost = 0; lost < LOST_LIMIT; lost += 1) {
        const server = await scene.join({ requests: ['q'], idempotent, ttl: 40 });
        if (lost === 0) await scene.add(request('q', { replyTo: channel, payload: 'asked' }));
        const held = await server.takeOne('request');
        expect([texts([held]), held.envelope.lost ?? 0]).toEqual([['asked'], lost]);
        await scene.bury(server);
        expect(await server.done(held)).toBe('stale');
      }
      const frame = await frames.next();
      expect(decodeErrorBody(frame.body)).toMatchObject({ code: 'SERVER_LOST' });
      expect((await scene.audit()).places.size).toBe(0);
      expect(await scene.stats()).toMatchObject({ deadLetters: 0, counters: { lost: LOST_LIMIT } });
    });

    it('go to another server if their holder leaves, and cost nothing', async () => {
      const scene = await open();
      const leaving = await scene.join({ requests: ['q'], idempotent });
      await scene.add(request('q', { payload: 'asked' }));
      await leaving.takeOne('request');
      await leaving.leave();
      const other = await scene.join({ requests: ['q'], idempotent });
      const held = await other.takeOne('request');
      expect([texts([held]), held.envelope.lost ?? 0]).toEqual([['asked'], 0]);
    });

    it('are what whoever joined last says', async () => {
      const scene = await open();
      const { channel, frames } = await listen(scene);
      const first = await scene.join({ requests: ['q'], idempotent });
      await scene.join({ requests: ['q'] });
      await scene.add(request('q', { replyTo: channel, target: first.id }));
      await first.takeOne('request');
      await first.leave();
      expect(decodeErrorBody((await frames.next()).body).code).toBe('SERVER_LOST');
    });
  });

  describe('a repeatable request', () => {
    const parts = { repeatable: true, keepReply: KEEP, ttl: KEEP, unique: 'mine' };

    it('is accepted once while it waits, runs, and its reply is kept', async () => {
      const scene = await open();
      const { channel, frames } = await listen(scene);
      const server = await scene.join({ requests: ['q'] });
      const asked = request('q', { ...parts, replyTo: channel, payload: 'first' });
      expect(isDuplicate(await scene.add(asked))).toEqual([false]);
      expect(await scene.add(asked)).toEqual([{ unique: 'mine', duplicate: true }]);
      expect(await scene.backend.queue.keptReplies(['mine'])).toEqual([undefined]);
      const delivery = await server.takeOne('request');
      expect(delivery.envelope).toMatchObject({ repeatable: true });
      expect(isDuplicate(await scene.add(asked))).toEqual([true]);
      const frame = answerTo('mine', 'answer');
      await server.done(delivery, { channel, frame, keep: KEEP });
      expect((await frames.next()).body.toString()).toBe('answer');
      expect(isDuplicate(await scene.add(asked))).toEqual([true]);
      expect(await scene.backend.queue.keptReplies(['mine'])).toEqual([frame]);
      expect(await server.poll('request')).toEqual([]);
      expect((await scene.stats()).counters).toMatchObject({ added: 1, duplicates: 3 });
    });

    it('is known although nobody handles it any more', async () => {
      const scene = await open();
      const server = await scene.join({ requests: ['q'] });
      const asked = request('q', { ...parts, replyTo: 'here' });
      await scene.add(asked);
      const reply = { channel: 'here', frame: answerTo('mine', 'answer'), keep: KEEP };
      await server.done(await server.takeOne('request'), reply);
      await server.leave();
      expect(isDuplicate(await scene.add(asked))).toEqual([true]);
      const other = request('q', { ...parts, unique: 'other' });
      await expect(scene.add(other)).rejects.toMatchObject({ code: 'NO_HANDLER' });
    });

    it('is accepted again once its reply is kept no longer', async () => {
      const scene = await open();
      const server = await scene.join({ requests: ['q'] });
      const asked = request('q', { ...parts, replyTo: 'here' });
      await scene.add(asked);
      const reply = { channel: 'here', frame: answerTo('mine', 'answer'), keep: 20 };
      await server.done(await server.takeOne('request'), reply);
      await scene.until(async () => !isDuplicate(await scene.add(asked))[0]!);
      expect((await server.takeOne('request')).envelope.unique).toBe('mine');
    });

    it('is accepted again when its holder was lost, or when it was cancelled', async () => {
      const scene = await open();
      const { channel, frames } = await listen(scene);
      const asked = request('q', { ...parts, replyTo: channel });
      await scene.join({ requests: ['q'] });
      const leaving = await scene.join({ requests: ['q'] });
      await scene.add(request('q', { ...asked.envelope, target: leaving.id }));
      await leaving.takeOne('request');
      await leaving.leave();
      expect(decodeErrorBody((await frames.next()).body).code).toBe('SERVER_LOST');
      expect(await scene.backend.queue.keptReplies(['mine'])).toEqual([undefined]);
      expect(isDuplicate(await scene.add(asked))).toEqual([false]);
      expect(await scene.backend.queue.cancel(idOf(asked), 'request')).toBe('removed');
      expect(decodeErrorBody((await frames.next()).body).code).toBe('CANCELLED');
      expect(isDuplicate(await scene.add(asked))).toEqual([false]);
    });

    it('may be sent with others in one group', async () => {
      const scene = await open();
      await scene.join({ requests: ['q'], tasks: ['a'] });
      const asked = request('q', parts);
      expect(isDuplicate(await scene.add(task('a'), asked))).toEqual([false, false]);
      expect(isDuplicate(await scene.add(task('a'), asked))).toEqual([false, true]);
      expect((await scene.stats()).counters).toMatchObject({ added: 3, duplicates: 1 });
    });
  });

  describe('a cancelled request', () => {
    it('is taken out before it runs, and its caller is told', async () => {
      const scene = await open();
      const { channel, frames } = await listen(scene);
      const server = await scene.join({ requests: ['q'] });
      const asked = request('q', { replyTo: channel, keepReply: KEEP });
      await scene.add(asked);
      expect(await scene.backend.queue.cancel(idOf(asked), 'request')).toBe('removed');
      const frame = await frames.next();
      expect(frame).toMatchObject({ unique: asked.envelope.unique, kind: FRAME.error });
      expect(decodeErrorBody(frame.body)).toMatchObject({
        name: 'CancelledError',
        code: 'CANCELLED',
      });
      const [kept] = await scene.backend.queue.keptReplies([asked.envelope.unique]);
      expect(decodeFrames(kept!)).toEqual([frame]);
      expect(await server.poll('request')).toEqual([]);
      expect((await scene.audit()).places.size).toBe(0);
    });

    it('is told its holder when it runs, and found wherever it lies', async () => {
      const scene = await open();
      const control = await scene.control();
      const server = await scene.join({ requests: ['q'] });
      const [running, routed] = [request('q'), request('q', { target: server.id })];
      await scene.add(running);
      const held = await server.takeOne('request');
      await scene.add(routed);
      expect(await scene.backend.queue.cancel(idOf(running), 'request')).toBe('signalled');
      expect(await scene.backend.queue.cancel(idOf(routed), 'request')).toBe('removed');
      const { unique } = running.envelope;
      const [, said] = await control.count(2);
      expect(said).toEqual({ type: 'cancel', unique, consumer: server.id });
      await server.done(held);
      expect(await scene.backend.queue.cancel(idOf(running), 'request')).toBe('unknown');
    });

    it('is no task of the same id', async () => {
      const scene = await open();
      await scene.join({ tasks: ['q'], requests: ['q'] });
      const waiting = task('q');
      const delayed = task('q', { delay: KEEP });
      await scene.add(waiting, delayed);
      expect(await scene.backend.queue.cancel(idOf(waiting), 'request')).toBe('unknown');
      expect(await scene.backend.queue.cancel(idOf(delayed), 'request')).toBe('unknown');
      expect(await scene.backend.queue.cancel(idOf(waiting))).toBe('removed');
    });
  });
}
