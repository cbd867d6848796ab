import { describe, expect, it } from 'vitest';
import type { LinkState } from '../../lib/backend/index.js';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { task } from './messages.js';
import type { OpenScene } from './scene.js';

const closed = { code: 'CLOSED' };

export function describeLifecycle(open: OpenScene): void {
  describe('lifecycle', () => {
    it('connects and closes as often as one likes', async () => {
      const scene = await open();
      const { backend } = scene;
      await Promise.all([backend.connect(), backend.connect()]);
      expect(backend.link).toBe('up');
      await Promise.all([backend.close(), backend.close()]);
      await backend.close();
      expect(backend.link).toBe('down');
    });

    it('rejects calls after close', async () => {
      const scene = await open();
      const { queue, bus, deadLetters, inspector } = scene.backend;
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a'));
      const held = await consumer.takeOne();
      await scene.backend.close();
      const calls = [
        scene.backend.connect(),
        queue.add([task('a')], 1_000),
        consumer.join(),
        consumer.beat(),
        consumer.done(held),
        consumer.leave(),
        queue.promote(),
        queue.reclaim(1),
        queue.setWeight(consumer.id, 2),
        queue.routes('t:a'),
        queue.takeOver(consumer.id, 't:default', { share: true }),
        queue.cancel('a:b'),
        queue.keptReplies(['a']),
        bus.publish(bus.channel('event', 'a'), Buffer.from('x'), 1_000),
        bus.subscribe(bus.channel('event', 'a'), () => {}),
        deadLetters.list({ count: 1 }),
        inspector.stats(),
        inspector.ping(),
      ];
      const results = await Promise.allSettled(calls);
      expect(results).toEqual(
        calls.map(() => ({ status: 'rejected', reason: expect.objectContaining(closed) })),
      );
    });

    it('ends waiting fetches at close', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const fetching = consumer.reader().fetch(1, consumer.wants());
      await scene.site.calm();
      await scene.backend.close();
      expect((await fetching).deliveries).toEqual([]);
    });

    it('leaves other clients alone', async () => {
      const scene = await open();
      const other = await scene.connect();
      const consumer = await scene.join({ tasks: ['a'] }, other);
      const taking = consumer.take();
      await scene.add(task('a'));
      await scene.backend.close();
      expect(await consumer.done((await taking)[0]!)).toBe('settled');
    });

    it('hears nothing more after close', async () => {
      const scene = await open();
      const other = await scene.connect();
      const heard = new Recorder<string>();
      const { bus } = scene.backend;
      const channel = bus.channel('event', 'a');
      await bus.subscribe(channel, (message) => heard.record(message.toString()));
      await scene.backend.close();
      await other.bus.publish(channel, Buffer.from('x'), 1_000);
      await scene.site.calm();
      expect(heard.all).toEqual([]);
    });

    it('tells how the link is', async () => {
      const scene = await open();
      const states = new Recorder<LinkState>();
      const ignored = new Recorder<LinkState>();
      scene.backend.onLink(states.record);
      scene.backend.onLink(ignored.record)();
      await scene.backend.close();
      await eventually(() => expect(states.all.at(-1)).toBe('down'));
      expect(ignored.all).toEqual([]);
    });
  });
}
