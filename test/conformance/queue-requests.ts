import { describe, expect, it } from 'vitest';
import type { NewMessage } from '../../lib/backend/index.js';
import { FRAME, decodeErrorBody, decodeFrames, encodeFrame } from '../../lib/codec/index.js';
import { Recorder } from '../support/recorder.js';
import { request, task } from './messages.js';
import { type OpenScene, type Scene, texts } from './scene.js';

const KEEP = 600_000;

/** The frames that arrive at one client. */
async function listen(scene: Scene, client: string) {
  const frames = new Recorder<ReturnType<typeof decodeFrames>[number]>();
  const channel = scene.backend.bus.channel('reply', client);
  await scene.backend.bus.subscribe(channel, (message) => {
    for (const frame of decodeFrames(message)) frames.record(frame);
  });
  return { channel, frames };
}

const answerTo = ({ envelope }: Pick<NewMessage, 'envelope'>, body: string) =>
  encodeFrame(envelope.unique, 0, FRAME.last, body);

export function describeRequests(open: OpenScene): void {
  describe('requests', () => {
    it('are answered in the step that settles them', async () => {
      const scene = await open();
      const server = await scene.join({ requests: ['q'] });
      const { channel, frames } = await listen(scene, 'client');
      const asked = request('q', { replyTo: channel });
      await scene.add(asked);
      const delivery = await server.takeOne('request');
      const frame = answerTo(delivery, 'answer');
      expect(await server.done(delivery, { channel, frame })).toBe('settled');
      const reply = await frames.next();
      expect(reply).toMatchObject({ unique: asked.envelope.unique, kind: FRAME.last });
      expect(reply.body.toString()).toBe('answer');
      expect(await scene.backend.queue.keptReplies([asked.envelope.unique])).toEqual([undefined]);
    });

    it('are answered with a key as well as without', async () => {
      const scene = await open();
      const server = await scene.join({ requests: ['q'] });
      const { channel, frames } = await listen(scene, 'client');
      await scene.add(request('q', { replyTo: channel, key: 'k' }));
      const delivery = await server.takeOne('request');
      const reply = { channel, frame: answerTo(delivery, 'answer'), keep: KEEP };
      expect(await server.done(delivery, reply)).toBe('settled');
      expect((await frames.next()).body.toString()).toBe('answer');
      const { unique } = delivery.envelope;
      expect(await scene.backend.queue.keptReplies([unique])).toEqual([reply.frame]);
    });

    it('are not answered by somebody who lost them', async () => {
      const scene = await open();
      const server = await scene.join({ requests: ['q'] });
      const { channel, frames } = await listen(scene, 'client');
      await scene.add(request('q', { replyTo: channel }));
      const delivery = await server.takeOne('request');
      await server.done(delivery, { channel, frame: answerTo(delivery, 'first') });
      const second = { channel, frame: answerTo(delivery, 'second'), keep: KEEP };
      expect(await server.done(delivery, second)).toBe('stale');
      await scene.backend.bus.publish(channel, answerTo(delivery, 'end of test'), 1_000);
      const all = await frames.count(2);
      expect(all.map(({ body }) => body.toString())).toEqual(['first', 'end of test']);
      expect(await scene.backend.queue.keptReplies([delivery.envelope.unique])).toEqual([
        undefined,
      ]);
    });

    it('keep their reply for a while if the caller wants that', async () => {
      const scene = await open();
      const server = await scene.join({ requests: ['q'] });
      const [long, short] = [request('q'), request('q')];
      await scene.add(long, short);
      const channel = scene.backend.bus.channel('reply', 'nobody');
      for (const keep of [KEEP, 30]) {
        const delivery = await server.takeOne('request');
        await server.done(delivery, { channel, frame: answerTo(delivery, 'kept'), keep });
      }
      await scene.passTime(40);
      const uniques = ['unknown', long.envelope.unique, short.envelope.unique];
      const [none, kept, over] = await scene.backend.queue.keptReplies(uniques);
      expect([none, over]).toEqual([undefined, undefined]);
      expect(decodeFrames(kept!)[0]?.body.toString()).toBe('kept');
      expect(await scene.backend.queue.keptReplies([])).toEqual([]);
    });

    it('are refused at once where nobody handles them', async () => {
      const scene = await open();
      const noHandler = { code: 'NO_HANDLER' };
      await expect(scene.add(request('q'))).rejects.toMatchObject(noHandler);
      const consumer = await scene.join({ tasks: ['q', 'a'], requests: ['other'] });
      await expect(scene.add(task('a'), request('q'))).rejects.toMatchObject(noHandler);
      expect(await consumer.poll()).toEqual([]);
      const server = await scene.join({ requests: ['q'] });
      await scene.add(request('q'));
      await server.leave();
      await expect(scene.add(request('q'))).rejects.toMatchObject(noHandler);
      expect((await scene.stats()).counters).toMatchObject({ added: 1 });
    });

    it('are refused at once where nobody handles them any more, and nothing waits', async () => {
      const scene = await open();
      const server = await scene.join({ requests: ['q'] });
      for (const _ of [1, 2]) {
        await scene.add(request('q'));
        await server.done(await server.takeOne('request'));
      }
      await server.leave();
      await expect(scene.add(request('q'))).rejects.toMatchObject({ code: 'NO_HANDLER' });
      expect((await scene.stats()).counters).toMatchObject({ added: 2, done: 2 });
      expect((await scene.audit()).places.size).toBe(0);
    });

    it('follow another strategy from their first one on', async () => {
      const scene = await open();
      const server = await scene.join({ requests: ['q'] });
      await scene.add(request('q'));
      await server.done(await server.takeOne('request'));
      await server.leave();
      const routed = await scene.join({ requests: ['q'], rule: 'round_robin' });
      await scene.add(request('q'));
      expect(await routed.takeOne('request')).toMatchObject({ routed: true });
    });

    it('are no load any more once they are answered', async () => {
      const scene = await open();
      const server = await scene.join({ requests: ['q'], rule: 'least_conn' });
      const { channel, frames } = await listen(scene, 'client');
      for (const text of ['first', 'second']) {
        await scene.add(request('q', { replyTo: channel }));
        const delivery = await server.takeOne('request');
        const reply = { channel, frame: answerTo(delivery, text), ahead: true };
        const settling = server.done(delivery, reply);
        await frames.next();
        const { consumers } = await scene.routes('q', 'request');
        expect(consumers.map(({ load }) => load)).toEqual([0]);
        expect(await settling).toBe('settled');
      }
    });

    it('may be answered ahead of their settlement', async () => {
      const scene = await open();
      const server = await scene.join({ requests: ['q'] });
      const { channel, frames } = await listen(scene, 'client');
      for (const text of ['first', 'second', 'third']) {
        await scene.add(request('q', { replyTo: channel }));
        const delivery = await server.takeOne('request');
        const reply = { channel, frame: answerTo(delivery, text), ahead: true };
        expect(await server.done(delivery, reply)).toBe('settled');
        expect((await frames.next()).body.toString()).toBe(text);
      }
      expect(await scene.stats()).toMatchObject({ counters: { added: 3, done: 3 } });
      expect((await scene.audit()).places.size).toBe(0);
    });

    it('are refused where too many wait', async () => {
      const scene = await open();
      const server = await scene.join({ requests: ['q', 'p'], maxWaiting: 2 });
      await scene.add(request('q'), request('q'));
      await expect(scene.add(request('q'))).rejects.toMatchObject({ code: 'OVERLOADED' });
      await scene.add(request('p'));
      const [held] = await server.take(1, 'request');
      const other = held?.envelope.address === 'r:p' ? await server.take(1, 'request') : [];
      expect(other.length).toBeLessThanOrEqual(1);
      await scene.add(request('q'));
      await expect(scene.add(request('q'), request('q'))).rejects.toMatchObject({
        code: 'OVERLOADED',
      });
    });

    it('are answered SERVER_LOST if their holder dies, and never run twice', async () => {
      const scene = await open();
      const dying = await scene.join({ requests: ['q'], ttl: 40 });
      const heir = await scene.join({ requests: ['q'] });
      const { channel, frames } = await listen(scene, 'client');
      const asked = request('q', { replyTo: channel, keepReply: KEEP });
      await scene.add(asked);
      const held = await dying.takeOne('request');
      await scene.bury(dying);
      const frame = await frames.next();
      expect(frame).toMatchObject({
        unique: asked.envelope.unique,
        sequence: 0,
        kind: FRAME.error,
      });
      expect(decodeErrorBody(frame.body)).toMatchObject({
        name: 'ServerLostError',
        code: 'SERVER_LOST',
      });
      expect(await dying.done(held)).toBe('stale');
      expect(await heir.poll('request')).toEqual([]);
      const [kept] = await scene.backend.queue.keptReplies([asked.envelope.unique]);
      expect(decodeFrames(kept!)).toEqual([frame]);
      expect(await scene.stats()).toMatchObject({ deadLetters: 0, counters: { lost: 1 } });
      expect((await scene.audit()).places.size).toBe(0);
    });

    it('are answered SERVER_LOST if their holder leaves', async () => {
      const scene = await open();
      const leaving = await scene.join({ requests: ['q'] });
      const { channel, frames } = await listen(scene, 'client');
      await scene.add(request('q', { replyTo: channel }));
      const held = await leaving.takeOne('request');
      await leaving.leave();
      expect(decodeErrorBody((await frames.next()).body).code).toBe('SERVER_LOST');
      expect(await scene.backend.queue.keptReplies([held.envelope.unique])).toEqual([undefined]);
    });

    it('that nobody has read yet go to another server', async () => {
      const scene = await open();
      const leaving = await scene.join({ requests: ['q'] });
      const heir = await scene.join({ requests: ['q'] });
      await scene.add(request('q', { target: leaving.id, payload: 'unread' }));
      await leaving.leave();
      expect(texts(await heir.take(1, 'request'))).toEqual(['unread']);
    });

    it('that came too late are gone and counted', async () => {
      const scene = await open();
      const server = await scene.join({ requests: ['q'] });
      await scene.add(request('q', { ttl: 10 }));
      const delivery = await server.takeOne('request');
      expect(delivery.envelope.ttl).toBe(10);
      expect(await server.settle(delivery, { type: 'expired' })).toBe('settled');
      expect((await scene.stats()).counters).toMatchObject({ expired: 1, done: 0 });
      expect((await scene.audit()).places.size).toBe(0);
    });

    it('can be given back', async () => {
      const scene = await open();
      const [first, second] = [
        await scene.join({ requests: ['q'] }),
        await scene.join({ requests: ['q'] }),
      ];
      await scene.add(request('q', { payload: 'asked' }));
      await first.release(await first.takeOne('request'));
      expect(texts(await second.take(1, 'request'))).toEqual(['asked']);
    });
  });
}
