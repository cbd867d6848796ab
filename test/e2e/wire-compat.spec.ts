import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { BrokerBalancer, OnEvent, OnRequest, OnTask, type BrokerContext } from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { testApp, testClient } from '../support/test-app.js';
import { uniqueName } from '../support/unique-name.js';
import { WireScene as Scene } from './wire-scene.js';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
describe('tasks over a stream shared with Go-Broker', () => {
  it('come from a Go producer to our handler, and leave nothing', async () => {
    const scene = new Scene();
    const handled = new Recorder<{ data: unknown; ctx: BrokerContext }>();
    @Controller()
    class Orders {
      @OnTask('orders.create')
      create(@Payload() data: unknown, @Ctx() ctx: BrokerContext): void {
        handled.record({ data, ctx });
      }
    }
    const go = scene.peer();
    // before anybody works: a group at the end of the stream would pass over it
    const early = await go.enqueue('orders.create', { id: 1 });
    const { broker } = await testApp({ broker: scene.options(), controllers: [Orders] });
    await go.enqueue('orders.create', Buffer.from('{"id":"ünïcode"}'));

    const [first, second] = await handled.count(2);
    expect([first?.data, second?.data]).toEqual([{ id: 1 }, { id: 'ünïcode' }]);
    expect(first?.ctx).toMatchObject({ id: `orders.create:${early}`, attempt: 1, headers: {} });
    await eventually(async () => (await scene.length) === 0);
    expect((await broker.stats()).counters).toMatchObject({ done: 2, dead: 0 });
  });

  it('go from our producer to a Go worker', async () => {
    const scene = new Scene();
    const handled = new Recorder<Buffer>();
    const broker = testClient(scene.options());
    await broker.enqueue('orders.create', { id: 1 });
    const go = scene.peer();
    go.onTask('orders.create', handled.record);
    await go.run();
    await broker.enqueueMany([
      { name: 'orders.create', data: { id: 2 } },
      { name: 'orders.create', data: 'text' },
    ]);
    expect((await handled.count(3)).map(String)).toEqual(['{"id":1}', '{"id":2}', '"text"']);
  });

  it('are retried with back-off, become dead letters and come back', async () => {
    const scene = new Scene();
    const attempts = new Recorder<number>();
    let broken = true;
    @Controller()
    class Orders {
      @OnTask('fails', { attempts: 3 })
      fails(@Ctx() { attempt }: BrokerContext): void {
        attempts.record(attempt);
        if (broken) throw new Error('broken');
      }
    }
    const go = scene.peer();
    const { broker } = await testApp({ broker: scene.options(), controllers: [Orders] });
    const id = await go.enqueue('fails', { some: 'data' });
    expect(await attempts.count(3)).toEqual([1, 2, 3]);
    await eventually(async () => (await broker.deadLetters.list()).length === 1);
    const [letter] = await broker.deadLetters.list();
    expect(letter).toMatchObject({
      id: `fails:${id}`,
      reason: 'failed',
      data: { some: 'data' },
      attempts: 3,
    });
    broken = false;
    await broker.deadLetters.replay([letter!.entry]);
    expect((await attempts.count(4)).at(-1)).toBe(1);
    await eventually(async () => (await scene.length) === 0);
  });

  it('that are retried can be taken by a Go worker', async () => {
    const scene = new Scene();
    const tried = new Recorder<number>();
    @Controller()
    class Orders {
      @OnTask('orders.create', { attempts: 2, backoff: { type: 'fixed', delay: 300, jitter: 0 } })
      create(@Ctx() { attempt }: BrokerContext): void {
        tried.record(attempt);
        throw new Error('not here');
      }
    }
    const { app, broker } = await testApp({ broker: scene.options(), controllers: [Orders] });
    await broker.enqueue('orders.create', { id: 7 });
    await tried.count(1);
    await eventually(async () => (await broker.stats()).delayed === 1);
    const handled = new Recorder<Buffer>();
    const go = scene.peer();
    go.onTask('orders.create', handled.record);
    await go.run();
    // ours takes nothing more, but still promotes what is due
    await app.get(BrokerBalancer).setWeight(0);
    expect(String(await handled.next())).toBe('{"id":7}');
    expect(tried.all).toEqual([1]);
  });

  it('may be delayed, deduplicated and cancelled', async () => {
    const scene = new Scene();
    const handled = new Recorder<Buffer>();
    const broker = testClient(scene.options());
    const { id } = await broker.enqueue('a', 1, { delay: '1h', dedupeId: 'x' });
    expect(await broker.enqueue('a', 2, { dedupeId: 'x' })).toEqual({ id, duplicate: true });
    expect(await broker.cancel(id)).toBe('removed');
    const waiting = await broker.enqueue('a', 3);
    expect(await scene.length).toBe(1);
    expect(await broker.cancel(waiting.id)).toBe('removed');
    const foreign = await scene.peer().enqueue('a', 4);
    expect(await broker.cancel(`a:${foreign}`)).toBe('removed');
    expect(await scene.length).toBe(0);
    expect(handled.all).toEqual([]);
  });

  it('refuses what such a stream cannot do, before anything is sent', async () => {
    const scene = new Scene();
    const broker = testClient(scene.options());
    await expect(broker.enqueue('a', 1, { key: 'k' })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      outcome: 'not-sent',
      message: expect.stringContaining('"a" cannot have the option key'),
    });
    await expect(
      broker.enqueueMany([
        { name: 'a', data: 1 },
        { name: 'b', data: 1, options: { key: 'k' } },
      ]),
    ).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    expect(await scene.redis.exists(scene.stream)).toBe(0);
  });
});

describe('events beside a stream shared with Go-Broker', () => {
  it('go both ways under their bare names, as payloads and nothing else', async () => {
    const scene = new Scene();
    const name = uniqueName('users.login');
    const heard = new Recorder<{ data: unknown; ctx: BrokerContext }>();
    @Controller()
    class Users {
      @OnEvent(name)
      login(@Payload() data: unknown, @Ctx() ctx: BrokerContext): void {
        heard.record({ data, ctx });
      }
    }
    const { broker } = await testApp({ broker: scene.options(), controllers: [Users] });
    const go = scene.peer();
    const there = new Recorder<Buffer>();
    go.onEvent(name, there.record);
    await go.run();
    await go.publish(name, { username: 'Bob' });
    const first = await heard.next();
    expect(first.data).toEqual({ username: 'Bob' });
    expect(first.ctx).toMatchObject({ name, kind: 'event', headers: {} });
    expect(String(await there.next())).toBe('{"username":"Bob"}');
    // those of one tick stay apart
    const sent = Array.from({ length: 100 }, (_, n) => ({ n }));
    const headers = { trace: 'stays behind' };
    await Promise.all(sent.map(async (data) => await broker.publish(name, data, { headers })));
    expect((await there.count(101)).slice(1)).toEqual(sent.map(json));
    const ours = (await heard.count(101)).slice(1);
    expect(ours.map(({ data }) => data)).toEqual(sent);
    expect(new Set(ours.map(({ ctx }) => ctx.id)).size).toBe(100);
  });
});

describe('a group of ours and Go-Broker workers', () => {
  it('handles every message once, whoever takes it, and nothing is left', async () => {
    const scene = new Scene();
    const handled = new Recorder<string>();
    @Controller()
    class Work {
      @OnTask('work')
      async work(@Payload() { n }: { readonly n: number }): Promise<void> {
        await new Promise((resolve) => setTimeout(resolve, n % 3));
        handled.record(`ours ${n}`);
      }

      @OnRequest('double')
      double(@Payload() n: number): number {
        return 2 * n;
      }
    }
    const options = { maxJobs: 5, balancer: { heartbeatTtl: '300ms', cleanupInterval: '200ms' } };
    const apps = [
      await testApp({ broker: scene.options(options), controllers: [Work] }),
      await testApp({ broker: scene.options(options), controllers: [Work] }),
    ];
    const peers = ['go-1', 'go-2'].map((consumer) => scene.peer({ consumer, maxJobs: 5 }));
    for (const peer of peers) {
      peer.onTask('work', async (payload) => {
        const { n } = JSON.parse(String(payload)) as { n: number };
        await new Promise((resolve) => setTimeout(resolve, n % 3));
        handled.record(`go ${n}`);
      });
      peer.onRequest('double', (payload) => json(2 * Number(payload)));
      await peer.run();
    }
    const { broker } = apps[0]!;
    const producer = scene.peer();
    const total = 1_000;
    const sending = Array.from({ length: total }, async (_, n) => {
      await (n % 2 === 0 ? broker.enqueue('work', { n }) : producer.enqueue('work', { n }));
    });
    const asking = Array.from({ length: 200 }, async (_, n) =>
      n % 2 === 0 ? await broker.request('double', n) : Number(await producer.request('double', n)),
    );
    await Promise.all(sending);
    expect(await Promise.all(asking)).toEqual(Array.from({ length: 200 }, (_, n) => 2 * n));
    const all = await handled.count(total, 15_000);
    const numbers = all.map((line) => Number(line.split(' ')[1]));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, n) => n));
    for (const kind of ['ours', 'go']) {
      expect(
        all.some((line) => line.startsWith(kind)),
        `${kind} took part`,
      ).toBe(true);
    }
    // what Go workers acknowledged is trimmed by the leader
    await eventually(async () => (await scene.length) === 0 && (await scene.pending()) === 0);
    const { deadLetters, delayed, names } = await broker.stats();
    expect({ deadLetters, delayed }).toEqual({ deadLetters: 0, delayed: 0 });
    expect(names).toEqual(
      expect.arrayContaining([
        { name: 'work', kind: 'task', waiting: 0, running: 0, consumers: 2 },
        { name: 'double', kind: 'request', waiting: 0, running: 0, consumers: 2 },
      ]),
    );
  }, 60_000);
});
