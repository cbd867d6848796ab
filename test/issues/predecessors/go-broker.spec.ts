import { describe } from 'vitest';
import { systemClock } from '../../../lib/backend/index.js';
import { FRAME, encodeFrame, jsonCodec } from '../../../lib/codec/index.js';
import { MessageIds } from '../../../lib/message/index.js';
import { PayloadEncoder } from '../../../lib/runtime/payload-encoder.js';
import { Requester } from '../../../lib/runtime/requester.js';
import { Router } from '../../../lib/runtime/router.js';
import type { Sender, TaskToSend } from '../../../lib/runtime/index.js';
import { ask } from '../../faults/ask.js';
import { pass } from '../../faults/pass.js';
import { range } from '../../faults/range.js';
import { type Fact, machineTime } from '../../faults/work.js';
import { onBoth } from './place-test.js';
import { zombie } from './zombie.js';

const started = ({ what }: Fact): boolean => what === 'started';
const ended = ({ what }: Fact): boolean => what === 'ended';
const handledEvents = ({ what }: Fact): boolean => what === 'event';

const batch = (count: number, name = 'work'): TaskToSend[] =>
  range(count).map((n) => ({ name, data: { n } }));

const question = (n: number, options: object = {}): Parameters<typeof ask>[1] => ({
  name: 'ask',
  data: { n },
  options,
});

describe('unlike Go-Broker, which', () => {
  onBoth((test) => {
    test('handles nothing and never closes when an event handler is registered before the start', async ({
      place,
      expect,
    }) => {
      const { runtime, facts } = await place.start({
        tasks: ['work'],
        events: ['news'],
        requests: ['ask'],
      });
      await runtime.sender.enqueue(batch(20));
      for (const n of range(20)) await runtime.sender.publish('news', { n });
      expect(await ask(runtime.sender, question(1))).toEqual({ n: 1 });

      await facts.count(20, (fact) => ended(fact) && fact.name === 'work');
      await facts.count(20, handledEvents);
      await runtime.close();
    });

    for (const mode of ['fast', 'reliable'] as const) {
      test(`gives clients on one host the answers of one another (${mode})`, async ({
        place,
        expect,
      }) => {
        await place.start({ requests: ['ask'], settings: { rpc: { maxJobs: 1_000 } } });
        const clients = [await place.connect(), await place.connect()];
        const answers = await Promise.all(
          clients.flatMap(({ runtime }, client) =>
            range(150, client * 1_000).map(async (n) => {
              const answer = await ask<{ n: number }>(runtime.sender, question(n, { mode }));
              return answer.n === n;
            }),
          ),
        );

        expect(answers.filter((isRight) => isRight)).toHaveLength(300);
      });
    }

    test('loses a task whose handler fails', async ({ place, expect }) => {
      const { runtime, facts } = await place.start({ tasks: ['work'] });
      await runtime.sender.enqueue([
        { name: 'work', data: { n: 1, failures: 1 } },
        { name: 'work', data: { n: 2, failures: 9 } },
      ]);

      await place.counted({ done: 1, dead: 1, retried: 3 });
      expect(facts.filter(ended).map(({ n }) => n)).toEqual([1]);
      const [letter] = await runtime.deadLetters.list({ count: 10 });
      expect(letter).toMatchObject({
        reason: 'failed',
        error: { message: 'attempt 3 of 2 fails' },
      });
    });

    test('drops a task whose name nobody handles, and lets one service eat those of another', async ({
      place,
      expect,
    }) => {
      const mail = await place.start({ tasks: ['mail'], settings: { service: 'mail' } });
      await mail.runtime.sender.enqueue([...batch(10, 'bill'), ...batch(10, 'mail')]);
      await mail.facts.count(10, ended);
      expect(await mail.runtime.stats()).toMatchObject({ unclaimed: 10 });

      const bill = await place.start({ tasks: ['bill'], settings: { service: 'bill' } });
      await mail.runtime.sender.enqueue([...batch(10, 'bill'), ...batch(10, 'mail')]);
      await place.counted({ done: 40 });
      expect(new Set(mail.facts.filter(ended).map(({ name }) => name))).toEqual(new Set(['mail']));
      expect(bill.facts.filter(ended)).toHaveLength(20);
    });

    test('leaves the tasks of a crashed consumer pending for ever', async ({ place }) => {
      const { runtime, facts, backend } = await place.connect({
        tasks: ['work'],
        settings: { heartbeatTtl: 300 },
      });
      const dead = await zombie(backend.queue, 't:work', 300);
      await runtime.sender.enqueue(batch(10));
      await dead.takes(10);

      await runtime.start();
      await facts.count(10, ended);
      await place.counted({ done: 10, lost: 10 });
    });

    test('skips the tasks that were sent before anybody was there', async ({ place }) => {
      const producer = await place.connect();
      await producer.runtime.sender.enqueue(batch(10));
      const { runtime, facts } = await place.start({ tasks: ['work'] });
      await runtime.sender.enqueue(batch(10));

      await facts.count(20, ended);
      await place.counted({ added: 20, done: 20 });
    });

    test('lets streams grow, or drops what was never handled', async ({ place, expect }) => {
      const settings = { maxJobs: 1, streamLength: 100 };
      const { runtime, facts, workshop } = await place.start({ tasks: ['work'], settings });
      await runtime.sender.enqueue([{ name: 'work', data: { n: -1, hold: true } }]);
      await facts.until(started);
      const sends = range(300).map(
        async (n) => await runtime.sender.enqueue([{ name: 'work', data: { n } }]),
      );
      const results = await Promise.allSettled(sends);
      const accepted = results.filter(({ status }) => status === 'fulfilled').length;
      const refused = results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as Error] : [],
      );
      expect(accepted).toBe(100);
      for (const error of refused)
        expect(error).toMatchObject({ code: 'OVERLOADED', outcome: 'not-sent' });

      workshop.release(-1);
      await facts.count(101, ended);
      await place.counted({ done: 101, dropped: 0, dead: 0 });
      expect((await runtime.stats()).names).toMatchObject([{ waiting: 0, running: 0 }]);
    });

    test('keeps the replies of others, and late ones, for ever', async ({ place, expect }) => {
      const server = await place.start({ requests: ['ask'] });
      const { backend } = await place.connect();
      const { queue, bus } = backend;
      const channels: string[] = [];
      const spy = {
        ...bus,
        subscribe: bus.subscribe.bind(bus),
        onGap: bus.onGap.bind(bus),
        publish: bus.publish.bind(bus),
      };
      const channel: typeof bus.channel = (kind, name) => {
        const full = bus.channel(kind, name);
        channels.push(full);
        return full;
      };
      const requester = new Requester({
        queue,
        bus: { ...spy, channel },
        router: new Router({
          queue,
          clock: systemClock,
          own: () => undefined,
          onError: () => undefined,
        }),
        clock: systemClock,
        ids: new MessageIds(),
        payloads: new PayloadEncoder(jsonCodec, 1_000_000),
        timeout: 1_000,
        mode: 'reliable',
        dedupeWindow: 1_000,
        sendTimeout: 1_000,
        onError: () => undefined,
      });
      const request: Sender['request'] = (...args) => requester.request(...args);
      const sender = { request } as Sender;
      expect(await ask(sender, question(1))).toEqual({ n: 1 });
      for (const n of range(2_000)) {
        const foreign = encodeFrame(`foreign-${n}`, 0, FRAME.last, '{}');
        await bus.publish(channels[0] ?? '', foreign, 1_000);
      }
      const late = ask(sender, {
        name: 'ask',
        data: { n: 2, hold: true },
        options: { timeout: 300 },
      });
      await Promise.all([
        server.facts.until((fact) => started(fact) && fact.n === 2),
        expect(late).rejects.toMatchObject({ code: 'TIMEOUT' }),
      ]);
      server.workshop.release(2);

      expect(await ask(sender, question(3))).toEqual({ n: 3 });
      expect(requester.pending).toBe(0);
      requester.close();
    });

    test('never closes after a fast request', async ({ place, expect }) => {
      await place.start({ requests: ['ask'] });
      const { runtime } = await place.connect();
      await ask(runtime.sender, question(1, { mode: 'fast' }));
      const start = machineTime();
      await runtime.close();

      expect(machineTime() - start).toBeLessThan(2_000);
    });

    test('carries out requests nobody waits for any more, and says nothing when nobody handles them', async ({
      place,
      expect,
    }) => {
      const server = await place.start({ requests: ['ask'], settings: { rpc: { maxJobs: 1 } } });
      const { sender } = (await place.connect()).runtime;
      const first = ask(sender, {
        name: 'ask',
        data: { n: 1, hold: true },
        options: { timeout: 10_000 },
      });
      await server.facts.until(started);
      await expect(ask(sender, question(2, { timeout: 100 }))).rejects.toMatchObject({
        code: 'TIMEOUT',
      });
      // for Redis its time began when it arrived there
      await pass(100);
      server.workshop.release(1);
      await first;
      await place.counted({ done: 1, expired: 1 });
      expect(server.facts.filter(started).map(({ n }) => n)).toEqual([1]);

      const start = machineTime();
      const nobody = ask(sender, { name: 'nobody', options: { timeout: 20_000 } });
      await expect(nobody).rejects.toMatchObject({ code: 'NO_HANDLER' });
      expect(machineTime() - start).toBeLessThan(5_000);
    });

    test('lets messages wait in a busy process while others are idle', async ({
      place,
      expect,
    }) => {
      const settings = { maxJobs: 2 };
      const busy = await place.start({ tasks: ['work'], settings });
      const { sender } = busy.runtime;
      await sender.enqueue([-1, -2].map((n) => ({ name: 'work', data: { n, hold: true } })));
      await busy.facts.count(2, started);
      const idle = await place.start({ tasks: ['work'], settings });
      await sender.enqueue(batch(20));

      await idle.facts.count(20, ended);
      expect(busy.facts.filter(started)).toHaveLength(2);
    });

    test('forgets at shutdown what was done', async ({ place, expect }) => {
      await place.watch();
      const { runtime, facts } = await place.start({ tasks: ['work'] });
      await runtime.sender.enqueue(range(4).map((n) => ({ name: 'work', data: { n, ms: 200 } })));
      await facts.count(4, started);
      await runtime.close();

      expect(facts.filter(ended)).toHaveLength(4);
      await place.counted({ done: 4, lost: 0 });
    });

    test('takes the places of tasks for events, and drops those that come after 1,024', async ({
      place,
      expect,
    }) => {
      const settings = { maxJobs: 1 };
      const { runtime, facts } = await place.start({ tasks: ['work'], events: ['news'], settings });
      await runtime.sender.enqueue([{ name: 'work', data: { n: -1, hold: true } }]);
      await facts.until(started);
      await Promise.all(range(2_000).map(async (n) => await runtime.sender.publish('news', { n })));

      const events = await facts.count(2_000, handledEvents);
      expect(events.map(({ n }) => n)).toEqual(range(2_000));
    });
  });
});
