import { describe, expect, it } from 'vitest';
import { decodeEvents, encodeEvent } from '../../lib/codec/index.js';
import { Recorder } from '../support/recorder.js';
import { subscription } from './consumer.js';
import { event, events, idOf, task } from './messages.js';
import { type OpenScene, type Scene, texts } from './scene.js';

const SOON = 40;

/** One stats entry of the event for a service. */
async function kept(scene: Scene, name: string, service: string) {
  const { names } = await scene.stats();
  return names.find((one) => one.kind === 'event' && one.name === name && one.service === service);
}

export function describeDurableEvents(open: OpenScene): void {
  describe('durable events', () => {
    it('reach each service once, whatever instance of it', async () => {
      const scene = await open();
      const mail = [
        await scene.join({ service: 'mail', events: { paid: {} } }),
        await scene.join({ service: 'mail', events: { paid: {} } }),
      ];
      const stock = await scene.join({ service: 'stock', events: { paid: {} } });
      await scene.add(...events('paid', 6));
      const taken = [...(await mail[0]!.poll('task', 3)), ...(await mail[1]!.poll())];
      expect(texts(taken).toSorted()).toEqual(['0', '1', '2', '3', '4', '5']);
      expect(texts(await stock.take(6))).toEqual(['0', '1', '2', '3', '4', '5']);
      const uniques = taken.map(({ envelope }) => envelope.unique);
      expect(new Set(uniques).size).toBe(6);
      expect(taken[0]!.envelope.address).toBe(subscription('paid', 'mail'));
    });

    it('come with key, headers and the time they were published', async () => {
      const scene = await open();
      const consumer = await scene.join({ events: { paid: {} } });
      const sent = event('paid', { key: 'k', headers: { h: 'ü' }, payload: 'p' });
      await scene.add(sent);
      const { envelope } = await consumer.takeOne();
      expect(envelope).toMatchObject({ key: 'k', headers: { h: 'ü' } });
      expect(envelope.enqueuedAt).toBeGreaterThan(0);
      expect(envelope.unique).not.toBe(sent.envelope.unique);
    });

    it('are kept while all instances are away', async () => {
      const scene = await open();
      const first = await scene.join({ events: { paid: {} } });
      await first.leave();
      await scene.add(...events('paid', 3));
      expect(await kept(scene, 'paid', 'service')).toMatchObject({ waiting: 3, consumers: 0 });
      expect((await scene.stats()).unclaimed).toBe(0);
      const second = await scene.join({ events: { paid: {} } });
      const taken = await second.take(3);
      expect(texts(taken)).toEqual(['0', '1', '2']);
      for (const delivery of taken) expect(await second.done(delivery)).toBe('settled');
      expect((await scene.audit()).places.size).toBe(0);
    });

    it('that an instance held when it died go to another one of its service', async () => {
      const scene = await open();
      const dying = await scene.join({ ttl: SOON, events: { paid: {} } });
      const other = await scene.join({ service: 'other', events: { paid: {} } });
      await scene.add(event('paid', { payload: 'p' }));
      await dying.take();
      await scene.bury(dying);
      const heir = await scene.join({ events: { paid: {} } });
      expect((await heir.takeOne()).envelope.lost).toBe(1);
      expect((await other.takeOne()).envelope.lost ?? 0).toBe(0);
    });

    it('are retried, buried and replayed for one service alone', async () => {
      const scene = await open();
      const failing = await scene.join({ service: 'failing', events: { paid: {} } });
      const other = await scene.join({ service: 'other', events: { paid: {} } });
      await scene.add(event('paid', { payload: 'p' }));
      await failing.retry(await failing.takeOne(), SOON);
      await scene.promoteAll();
      const again = await failing.takeOne();
      expect(again.envelope.attempts).toBe(1);
      await failing.dead(again);
      await other.done(await other.takeOne());
      const [letter] = await scene.backend.deadLetters.list({ count: 10 });
      expect(letter?.envelope.address).toBe(subscription('paid', 'failing'));
      expect(await scene.backend.deadLetters.replay([letter!.entry])).toBe(1);
      expect((await failing.takeOne()).envelope.attempts ?? 0).toBe(0);
      expect(await other.poll()).toEqual([]);
    });

    it('of one key are handled in order by each service, also those of other names', async () => {
      const scene = await open();
      const subscribed = { paid: {}, sent: {} };
      const slow = await scene.join({ service: 'slow', events: subscribed });
      const quick = await scene.join({ service: 'quick', events: subscribed });
      await scene.add(event('paid', { key: 'k', payload: '1' }));
      await scene.add(event('sent', { key: 'k', payload: '2' }));
      await scene.add(event('paid', { key: 'k', payload: '3' }));
      const held = await slow.takeOne();
      await scene.add(task('t', { key: 'k' }));
      for (const expected of ['1', '2', '3']) {
        const delivery = await quick.takeOne();
        expect(texts([delivery])).toEqual([expected]);
        await quick.done(delivery);
      }
      expect(await slow.poll()).toEqual([]);
      expect((await scene.stats()).gated).toBe(2);
      await slow.retry(held);
      const order: string[] = [];
      for (let i = 0; i < 3; i++) {
        const delivery = await slow.takeOne();
        order.push(...texts([delivery]));
        await slow.done(delivery);
      }
      expect(order).toEqual(['1', '2', '3']);
      const audit = await scene.audit();
      expect(audit.keyHolders).toHaveLength(1);
      expect((await scene.stats()).gated).toBe(0);
    });

    it('go to several subscriptions of one service, if they have names', async () => {
      const scene = await open();
      const one = await scene.join({ events: { paid: {} } });
      const audit = await scene.join({ events: { paid: { as: 'audit' } } });
      await scene.add(event('paid', { key: 'k', payload: 'p' }));
      const [a, b] = [await one.takeOne(), await audit.takeOne()];
      expect(a.envelope.address).toBe(subscription('paid'));
      expect(b.envelope.address).toBe(subscription('paid', 'service', 'audit'));
      const { names } = await scene.stats();
      expect(names.filter(({ kind }) => kind === 'event')).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ service: 'service', running: 1 }),
          expect.objectContaining({ service: 'service', subscription: 'audit', running: 1 }),
        ]),
      );
    });

    it.each(['ü:1:x', '3:abc:x', 'a/b c'])('know a service by the name "%s"', async (service) => {
      const scene = await open();
      const consumer = await scene.join({ service, events: { 'e:ü:1': { as: 'ä:2' } } });
      await scene.add(event('e:ü:1', { key: 'k', payload: 'p' }), event('e:ü:1', { key: 'k' }));
      const delivery = await consumer.takeOne();
      expect(texts([delivery])).toEqual(['p']);
      await consumer.done(delivery);
      await consumer.done(await consumer.takeOne());
      expect((await scene.audit()).keyHolders).toEqual([]);
    });

    it('are published, too, as one publication that can be taken apart', async () => {
      const scene = await open();
      await scene.join({ events: { paid: {} } });
      const heard = new Recorder<Buffer>();
      const { bus } = scene.backend;
      await bus.subscribe(bus.channel('event', 'paid'), heard.record);
      const sizes = [0, 1, 255, 256, 65_535, 65_536];
      const sent = sizes.map((size) =>
        event('paid', { payload: Buffer.alloc(size, 0xff), headers: { size: String(size) } }),
      );
      for (const one of sent) await scene.add(one);
      await scene.add(event('paid', { payload: 'plain' }));
      const publications = await heard.count(sent.length + 1);
      const found = publications.flatMap((publication) => decodeEvents(publication));
      expect(found.map(({ payload }) => payload.length)).toEqual([...sizes, 5]);
      expect(found[1]).toEqual({
        unique: sent[1]!.envelope.unique,
        payload: Buffer.from([0xff]),
        headers: { size: '1' },
      });
      expect(found.at(-1)).not.toHaveProperty('headers');
    });

    it('that nobody is subscribed to are published only', async () => {
      const scene = await open();
      const heard = new Recorder<Buffer>();
      const { bus } = scene.backend;
      await bus.subscribe(bus.channel('event', 'paid'), heard.record);
      await scene.add(event('paid', { payload: 'p' }));
      expect(decodeEvents(await heard.next())[0]?.payload.toString()).toBe('p');
      expect((await scene.audit()).places.size).toBe(0);
      expect((await scene.stats()).counters.added).toBe(0);
    });

    it('are not published by the bus, which says so', async () => {
      const scene = await open();
      const heard = new Recorder<string>();
      const { bus } = scene.backend;
      for (const name of ['paid', 'sent']) {
        await bus.subscribe(bus.channel('event', name), () => heard.record(name));
      }
      const frame = encodeEvent('u', 'p');
      expect(await bus.publishEvent('paid', frame, 1_000)).toBe(true);
      expect(await heard.next()).toBe('paid');
      const consumer = await scene.join({ events: { paid: {} } });
      await consumer.leave();
      const both = [bus.publishEvent('paid', frame, 1_000), bus.publishEvent('sent', frame, 1_000)];
      expect(await Promise.all(both)).toEqual([false, true]);
      expect(await heard.next()).toBe('sent');
      expect(heard.all).toEqual(['paid', 'sent']);
    });

    it('are routed by the rule of their group', async () => {
      const scene = await open();
      const options = { rule: 'round_robin', events: { paid: {} } };
      const crew = [await scene.join(options), await scene.join(options)];
      await scene.add(...events('paid', 6));
      for (const consumer of crew) expect(await consumer.pollLanes()).toHaveLength(3);
    });

    it('count for nothing in the bound on waiting tasks', async () => {
      const scene = await open();
      const bound = { streamLength: 2, overflow: 'drop-oldest', rule: 'round_robin' } as const;
      const consumer = await scene.join({ ...bound, tasks: ['t'], events: { paid: {} } });
      await scene.add(...events('paid', 5));
      await scene.add(task('t', { payload: 'a' }));
      await scene.add(task('t', { payload: 'b' }), event('paid', { payload: 'last' }));
      expect((await scene.stats()).deadLetters).toBe(0);
      await scene.add(task('t', { payload: 'c' }));
      const letters = await scene.backend.deadLetters.list({ count: 10 });
      expect(texts(letters)).toEqual(['a']);
      const taken = texts(await consumer.pollLanes());
      expect(taken).toEqual(['0', '1', '2', '3', '4', 'b', 'last', 'c']);
    });

    it('can be cancelled for one service', async () => {
      const scene = await open();
      const one = await scene.join({ service: 'one', events: { paid: {} } });
      const two = await scene.join({ service: 'two', events: { paid: {} } });
      await scene.add(event('paid', { payload: 'p' }));
      const held = await one.takeOne();
      expect(await scene.backend.queue.cancel(idOf(held))).toBe('signalled');
      await one.retry(held, 60_000);
      expect(await scene.backend.queue.cancel(idOf(held))).toBe('removed');
      expect(texts(await two.take())).toEqual(['p']);
    });
  });
}
