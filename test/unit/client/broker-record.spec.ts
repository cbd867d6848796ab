import { firstValueFrom } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { BrokerRecord, BrokerRecordBuilder, RuntimeClient } from '../../../lib/client/index.js';
import { resolveOptions } from '../../../lib/config/index.js';
import { FakeRuntime } from '../fake-runtime.js';
import { eventually } from '../../support/eventually.js';

describe('a record', () => {
  let runtime: FakeRuntime;
  let client: RuntimeClient;
  beforeEach(() => {
    runtime = new FakeRuntime();
    const create = (): Promise<FakeRuntime> => Promise.resolve(runtime);
    client = new RuntimeClient({ options: resolveOptions({}, {}), create });
  });

  it('is built step by step, each step for itself', () => {
    const builder = new BrokerRecordBuilder<number>().setData(1).setKey('a').setTimeout('1s');
    const first = builder.build();
    builder.setKey('b').setDelay(5).setDedupeId('d').setAttempts(2).setBackoff({ delay: 1 });
    expect(first).toEqual(new BrokerRecord(1, { key: 'a', timeout: '1s' }));
    expect(builder.build().options).toEqual({
      key: 'b',
      timeout: '1s',
      delay: 5,
      dedupeId: 'd',
      attempts: 2,
      backoff: { delay: 1 },
    });
    const { options } = builder.setOptions({ mode: 'fast' }).setHeaders({ a: 'b' }).build();
    expect(options).toEqual({ mode: 'fast', headers: { a: 'b' } });
  });

  it('gives a request its headers, key, timeout, mode and signal', async () => {
    const { signal } = new AbortController();
    const headers = { tenant: 'acme' };
    const record = new BrokerRecordBuilder({ id: 1 })
      .setHeaders(headers)
      .setKey('ann')
      .setTimeout('2s')
      .setMode('fast')
      .setSignal(signal)
      .build();
    const options = { headers, key: 'ann', timeout: 2_000, mode: 'fast', signal };
    client.send('get', record).subscribe();
    void client.request('get', record);
    void client.group('orders').request('get', record);
    await eventually(() => expect(runtime.requests).toHaveLength(3));
    for (const request of runtime.requests) {
      expect(request).toMatchObject({ data: { id: 1 }, options });
    }
  });

  it('gives an event its headers, and a task what tasks know', async () => {
    const event = new BrokerRecordBuilder('data').setHeaders({ tenant: 'acme' }).build();
    await firstValueFrom(client.emit('event', event), { defaultValue: undefined });
    await client.publish('event', event);
    const sent = ['event', 'data', { headers: { tenant: 'acme' } }];
    expect(runtime.events).toEqual([sent, sent]);

    const task = new BrokerRecordBuilder(2).setDelay('1s').setDedupeId('x').setAttempts(3).build();
    await client.enqueue('pay', task);
    await client.enqueueMany([{ name: 'pay', data: task }]);
    const options = { delay: 1_000, dedupeId: 'x', attempts: 3 };
    const expected = { name: 'pay', data: 2, options };
    expect(runtime.tasks).toEqual([expected, expected]);
  });

  it('yields to what the call says', async () => {
    const record = new BrokerRecord(1, { key: 'a', headers: { from: 'record' } });
    await client.enqueue('pay', record, { key: 'b', delay: 5 });
    expect(runtime.tasks[0]).toMatchObject({
      data: 1,
      options: { key: 'b', delay: 5, headers: { from: 'record' } },
    });
    await expect(client.enqueue('pay', record, 'high' as never)).rejects.toThrow(
      'the last argument is "high", allowed: an object',
    );
    const odd = new BrokerRecord(1, 'high' as never);
    await expect(client.enqueue('pay', odd, { key: 'a' })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
  });

  it.each([
    ['delay', { delay: 1 }],
    ['dedupeId', { dedupeId: 'x' }],
    ['attempts', { attempts: 2 }],
    ['backoff', { backoff: { delay: 1 } }],
  ])('with %s is refused as a request, and says what is allowed', async (option, options) => {
    const refusal = {
      code: 'INVALID_OPTIONS',
      message: `a request has no option ${option}, allowed: headers, timeout, mode, key, id, retry, signal`,
    };
    const record = new BrokerRecord(1, options);
    await expect(firstValueFrom(client.send('get', record))).rejects.toMatchObject(refusal);
    await expect(client.request('get', record)).rejects.toMatchObject(refusal);
    expect(runtime.requests).toEqual([]);
  });

  it.each([
    ['timeout', { timeout: 1 }],
    ['mode', { mode: 'fast' as const }],
    ['delay', { delay: 1 }],
  ])('with %s is refused as an event, and says what is allowed', async (option, options) => {
    const refusal = {
      code: 'INVALID_OPTIONS',
      message: `an event has no option ${option}, allowed: headers, key`,
    };
    const record = new BrokerRecord(1, options);
    await expect(firstValueFrom(client.emit('event', record))).rejects.toMatchObject(refusal);
    await expect(client.publish('event', record)).rejects.toMatchObject(refusal);
    expect(runtime.events).toEqual([]);
  });

  it('with a mode is refused as a task', async () => {
    const record = new BrokerRecordBuilder(1).setMode('fast').build();
    await expect(client.enqueue('pay', record)).rejects.toThrow(
      'a task has no option mode, allowed: headers, key, dedupeId, delay, timeout, attempts, backoff',
    );
  });

  it('meets the dispatch hook: both headers travel, its own win', async () => {
    const seen: unknown[] = [];
    client.setOnDispatchHook((packet) => {
      seen.push(packet.pattern);
      packet.metadata = { traceparent: '00-1', tenant: 'hook' };
    });
    const record = new BrokerRecordBuilder(1).setHeaders({ tenant: 'acme' }).build();
    const headers = { traceparent: '00-1', tenant: 'acme' };
    await firstValueFrom(client.emit('event', record), { defaultValue: undefined });
    client.send('get', record).subscribe();
    await eventually(() => expect(runtime.requests).toHaveLength(1));
    expect(runtime.events[0]?.[2]).toEqual({ headers });
    expect(runtime.requests[0]?.options).toEqual({ headers });

    await client.enqueue('pay', 1);
    await client.enqueueMany([{ name: 'mail', data: 1, options: { key: 'a' } }]);
    await client.publish('told', 1, { headers: { a: 'b' } });
    void client.request('ask');
    await eventually(() => expect(runtime.requests).toHaveLength(2));
    const hooked = { traceparent: '00-1', tenant: 'hook' };
    expect(runtime.tasks.map(({ options }) => options)).toEqual([
      { headers: hooked },
      { key: 'a', headers: hooked },
    ]);
    expect(runtime.events[1]?.[2]).toEqual({ headers: { ...hooked, a: 'b' } });
    expect(runtime.requests[1]?.options).toEqual({ headers: hooked });
    expect(seen).toEqual(['event', 'get', 'pay', 'mail', 'told', 'ask']);
  });
});
