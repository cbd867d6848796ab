import { Controller, Injectable } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { InvalidBatchError, OnTask, type BrokerContext } from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, modes, testApp, testClient } from '../support/test-app.js';

interface Order {
  readonly id: number;
  readonly note?: string;
}

describe.each(modes)('tasks (%s)', (mode) => {
  it('reach the handler of their name, with payload and context', async () => {
    const seen = new Recorder<{ order: Order; context: BrokerContext }>();
    @Controller()
    class Orders {
      @OnTask('orders.create')
      create(@Payload() order: Order, @Ctx() context: BrokerContext): void {
        seen.record({ order, context });
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });

    const order = { id: 7, note: 'für Łukasz 🍞' };
    const headers = { tenant: 'acme' };
    const sent = await broker.enqueue('orders.create', order, { key: 'customer-1', headers });
    const { order: got, context } = await seen.next();

    expect(got).toEqual(order);
    expect(context).toMatchObject({
      id: sent.id,
      name: 'orders.create',
      kind: 'task',
      key: 'customer-1',
      attempt: 1,
      headers,
      deadline: undefined,
    });
    expect(context.getPattern()).toBe('orders.create');
    expect(context.payload.toString()).toBe(JSON.stringify(order));
    expect(context.signal.aborted).toBe(false);
    expect(context.consumerId).not.toBe('');
  });

  it('are handled in providers, too, and without a payload', async () => {
    const seen = new Recorder<unknown>();
    @Injectable()
    class Cleaner {
      @OnTask('clean')
      clean(data: unknown): void {
        seen.record(data);
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), providers: [Cleaner] });
    await broker.enqueue('clean');
    expect(await seen.next()).toBeUndefined();
  });

  it('of one key run in order, one at a time', async () => {
    const seen = new Recorder<number>();
    let running = 0;
    @Controller()
    class Orders {
      @OnTask('step')
      async step(@Payload() { id }: Order): Promise<void> {
        running += 1;
        expect(running).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        seen.record(id);
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    const ids = Array.from({ length: 20 }, (_, id) => id);
    await broker.enqueueMany(
      ids.map((id) => ({ name: 'step', data: { id }, options: { key: 'one' } })),
    );
    expect(await seen.count(20)).toEqual(ids);
  });

  it('with a dedupeId are accepted once', async () => {
    const seen = new Recorder<number>();
    @Controller()
    class Orders {
      @OnTask('pay')
      pay(@Payload() { id }: Order): void {
        seen.record(id);
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    const first = await broker.enqueue('pay', { id: 1 }, { dedupeId: 'invoice-1' });
    const second = await broker.enqueue('pay', { id: 1 }, { dedupeId: 'invoice-1' });
    expect(first.duplicate).toBe(false);
    expect(second).toEqual({ id: first.id, duplicate: true });
    await broker.enqueue('pay', { id: 2 });
    expect(await seen.count(2)).toEqual([1, 2]);
  });

  it('that are delayed start when they are due, never before', async () => {
    const seen = new Recorder<number>();
    @Controller()
    class Orders {
      @OnTask('later')
      later(): void {
        seen.record(Date.now());
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    const sentAt = Date.now();
    await broker.enqueue('later', {}, { delay: '200ms' });
    expect((await seen.next()) - sentAt).toBeGreaterThanOrEqual(199);
  });

  it('can be cancelled: before they run, and while they run', async () => {
    const started = new Recorder<AbortSignal>();
    @Controller()
    class Orders {
      @OnTask('long')
      async long(@Ctx() { signal }: BrokerContext): Promise<void> {
        started.record(signal);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    const waiting = await broker.enqueue('long', {}, { delay: '1h' });
    expect(await broker.cancel(waiting.id)).toBe('removed');
    expect(await broker.cancel(waiting.id)).toBe('unknown');

    const running = await broker.enqueue('long', {});
    const signal = await started.next();
    expect(await broker.cancel(running.id)).toBe('signalled');
    await eventually(() => signal.aborted);
    expect(signal.reason).toMatchObject({ code: 'CANCELLED' });
  });

  it('wait, counted, until somebody handles them', async () => {
    const options = brokerOptions(mode);
    const producer = testClient(options);
    await producer.enqueue('orders.create', { id: 1 });
    await producer.enqueue('orders.create', { id: 2 });
    expect((await producer.stats()).unclaimed).toBe(2);

    const seen = new Recorder<number>();
    @Controller()
    class Orders {
      @OnTask('orders.create')
      create(@Payload('id') id: number): void {
        seen.record(id);
      }
    }
    await testApp({ broker: options, controllers: [Orders] });
    expect([...(await seen.count(2))].toSorted((a, b) => a - b)).toEqual([1, 2]);
  });

  it('of a batch are accepted together or not at all', async () => {
    const producer = testClient(brokerOptions(mode));
    const task = { name: 'orders.create', data: {} };
    const sent = await producer.enqueueMany(Array.from({ length: 256 }, () => task));
    expect(new Set(sent.map(({ id }) => id)).size).toBe(256);
    await expect(producer.enqueueMany(Array.from({ length: 257 }, () => task))).rejects.toThrow(
      InvalidBatchError,
    );
    await expect(producer.enqueueMany([task, { name: '' }])).rejects.toMatchObject({
      code: 'INVALID_NAME',
    });
    expect((await producer.stats()).unclaimed).toBe(256);
  });

  it('with a bound of their own let others pass', async () => {
    const started = new Recorder<string>();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    @Controller()
    class Orders {
      @OnTask('slow', { concurrency: 1 })
      async slow(): Promise<void> {
        started.record('slow');
        await released;
      }

      @OnTask('quick')
      quick(): void {
        started.record('quick');
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    await broker.enqueueMany([{ name: 'slow' }, { name: 'slow' }, { name: 'quick' }]);
    expect([...(await started.count(2))].toSorted()).toEqual(['quick', 'slow']);
    release();
    expect(await started.count(3)).toHaveLength(3);
  });

  it('beyond streamLength are refused', async () => {
    const producer = testClient(brokerOptions(mode, { streamLength: 2 }));
    await producer.enqueue('orders.create');
    await producer.enqueue('orders.create');
    await expect(producer.enqueue('orders.create')).rejects.toMatchObject({
      code: 'OVERLOADED',
      outcome: 'not-sent',
      retryable: true,
    });
  });

  it('that are bad input reject before anything is sent', async () => {
    const producer = testClient(brokerOptions(mode));
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const code = (sending: Promise<unknown>): Promise<string> =>
      sending.then(
        () => 'sent',
        (error: { code: string }) => error.code,
      );
    expect(await code(producer.enqueue(''))).toBe('INVALID_NAME');
    expect(await code(producer.enqueue('x'.repeat(256)))).toBe('INVALID_NAME');
    expect(await code(producer.enqueue('t', cyclic))).toBe('CODEC');
    expect(await code(producer.enqueue('t', 1n))).toBe('CODEC');
    expect(await code(producer.enqueue('t', 'x'.repeat(1_048_577)))).toBe('PAYLOAD_TOO_LARGE');
    expect(await code(producer.enqueue('t', {}, { delay: -1 }))).toBe('INVALID_OPTIONS');
    expect(await code(producer.enqueue('t', {}, { key: '' }))).toBe('INVALID_NAME');
    expect(await code(producer.enqueueMany([]))).toBe('INVALID_BATCH');
    const stats = await producer.stats();
    expect(stats.counters.added).toBe(0);
  });
});
