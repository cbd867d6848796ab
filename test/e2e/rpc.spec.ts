import { Controller } from '@nestjs/common';
import { Ctx, Payload, RpcException } from '@nestjs/microservices';
import {
  BrokerError,
  OnRequest,
  RemoteError,
  TimeoutError,
  type BrokerContext,
} from 'nestjs-broker';
import { firstValueFrom, from, interval, map, Observable, of, throwError, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, modes, testApp, testClient } from '../support/test-app.js';

const failure = (calling: Promise<unknown>): Promise<BrokerError> =>
  calling.then(
    (value) => expect.fail(`it was answered with ${String(value)}`),
    (error: BrokerError) => error,
  );

describe.each(modes)('requests (%s)', (mode) => {
  it('are answered with a value, a promise or a stream', async () => {
    @Controller()
    class Sums {
      @OnRequest('value')
      value(@Payload() data: number): number {
        return data + 1;
      }

      @OnRequest('promise')
      async promise(@Payload() data: number): Promise<number> {
        return data + 2;
      }

      @OnRequest('nothing')
      nothing(): void {}

      @OnRequest('stream')
      stream(@Payload() count: number): Observable<number> {
        return from(Array.from({ length: count }, (_, index) => index));
      }

      @OnRequest('stream.promise')
      async promised(): Promise<Observable<number>> {
        return of(1, 2);
      }

      @OnRequest('stream.empty')
      empty(): Observable<number> {
        return of();
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Sums] });
    const all = (name: string, data: unknown): Promise<unknown[]> =>
      firstValueFrom(broker.send(name, data).pipe(toArray()));

    expect(await broker.request('value', 1)).toBe(2);
    expect(await broker.request('promise', 1, { mode: 'fast' })).toBe(3);
    expect(await broker.request('nothing')).toBeUndefined();
    expect(await all('value', 1)).toEqual([2]);
    expect(await all('stream', 50)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(await broker.request('stream', 50)).toBe(49);
    expect(await all('stream.promise', {})).toEqual([1, 2]);
    expect(await all('stream.empty', {})).toEqual([]);
    expect(await broker.request('stream.empty')).toBeUndefined();
  });

  it('tell the handler who asks and until when', async () => {
    const seen = new Recorder<BrokerContext>();
    @Controller()
    class Sums {
      @OnRequest('who')
      who(@Ctx() context: BrokerContext): void {
        seen.record(context);
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Sums] });
    const before = Date.now();
    await broker.request('who', {}, { timeout: '2s', headers: { user: 'ann' } });
    const context = await seen.next();
    expect(context).toMatchObject({ kind: 'request', name: 'who', headers: { user: 'ann' } });
    // by the clock of the backend, as it was measured from here
    expect(context.deadline).toBeGreaterThan(before + 1_000);
    expect(context.deadline).toBeLessThan(Date.now() + 3_000);
  });

  it("bring back the handler's error with message, code and data, without its stack", async () => {
    @Controller()
    class Failing {
      @OnRequest('plain')
      plain(): never {
        throw new TypeError('no such order');
      }

      @OnRequest('coded')
      async coded(): Promise<never> {
        throw Object.assign(new Error('sold out'), { code: 'SOLD_OUT', data: { left: 0 } });
      }

      @OnRequest('rpc')
      rpc(): never {
        throw new RpcException({ code: 'LOCKED', message: 'order is locked', by: 'ann' });
      }

      @OnRequest('stream')
      stream(): Observable<number> {
        return new Observable((observer) => {
          observer.next(1);
          observer.error(new Error('broke off'));
        });
      }

      @OnRequest('string')
      string(): Observable<never> {
        return throwError(() => 'just text');
      }

      @OnRequest('unencodable')
      unencodable(): unknown {
        return of(1, 2n);
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Failing] });

    const plain = await failure(broker.request('plain'));
    expect(plain).toBeInstanceOf(RemoteError);
    expect(plain).toMatchObject({ message: 'no such order', code: 'REMOTE' });
    expect(JSON.stringify(plain) + String(plain.stack)).not.toContain('rpc.spec.ts:4');
    expect(await failure(broker.request('coded'))).toMatchObject({
      message: 'sold out',
      code: 'SOLD_OUT',
      data: { left: 0 },
    });
    expect(await failure(broker.request('rpc'))).toMatchObject({
      message: 'order is locked',
      code: 'LOCKED',
      data: { by: 'ann' },
    });
    expect(await failure(broker.request('string'))).toMatchObject({ message: 'just text' });
    expect(await failure(broker.request('unencodable'))).toMatchObject({ code: 'CODEC' });

    const values: number[] = [];
    const error = await failure(
      broker.send<number>('stream', {}).forEach((value) => values.push(value)),
    );
    expect(values).toEqual([1]);
    expect(error).toMatchObject({ message: 'broke off' });
  });

  it('reject at once when nobody can answer, and in time when nobody does', async () => {
    const aborted = new Recorder<unknown>();
    @Controller()
    class Slow {
      @OnRequest('slow')
      async slow(@Ctx() { signal }: BrokerContext): Promise<void> {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted.record(signal.reason);
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Slow] });
    expect(await failure(broker.request('nobody'))).toMatchObject({ code: 'NO_HANDLER' });
    expect(await failure(broker.request('slow', {}, { timeout: 100 }))).toBeInstanceOf(
      TimeoutError,
    );
    expect(await aborted.next()).toMatchObject({ code: 'TIMEOUT' });
  });

  it('can be given up by a signal, and streams by unsubscribing', async () => {
    const started = new Recorder<string>();
    @Controller()
    class Slow {
      @OnRequest('slow')
      async slow(): Promise<void> {
        started.record('slow');
        await new Promise(() => undefined);
      }

      @OnRequest('ticks')
      ticks(): Observable<number> {
        return interval(1).pipe(map((tick) => tick));
      }
    }
    const options = brokerOptions(mode, { shutdown: { grace: 0 }, rpc: { timeout: 500 } });
    const { broker } = await testApp({ broker: options, controllers: [Slow] });
    const controller = new AbortController();
    const calling = failure(broker.request('slow', {}, { signal: controller.signal }));
    await started.next();
    controller.abort(new Error('changed my mind'));
    expect(await calling).toMatchObject({ code: 'CANCELLED' });

    const ticks = new Recorder<number>();
    const subscription = broker.send<number>('ticks', {}).subscribe({ next: ticks.record });
    await ticks.count(3);
    subscription.unsubscribe();
    expect(subscription.closed).toBe(true);
  });

  it('never take the reply of another', async () => {
    @Controller()
    class Echo {
      @OnRequest('echo')
      async echo(@Payload() id: number): Promise<number> {
        if (id % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
        return id;
      }
    }
    const options = brokerOptions(mode);
    await testApp({ broker: options, controllers: [Echo] });
    const clients = [testClient(options), testClient(options)];
    const ids = Array.from({ length: 100 }, (_, id) => id);
    const replies = await Promise.all(
      clients.flatMap((client, who) =>
        ids.map((id) =>
          client.request('echo', who * 1000 + id, { mode: id % 3 === 0 ? 'fast' : 'reliable' }),
        ),
      ),
    );
    expect(replies).toEqual(clients.flatMap((_, who) => ids.map((id) => who * 1000 + id)));
  });

  it('share a name with a task without mixing them up', async () => {
    @Controller()
    class Echo {
      @OnRequest('echo')
      echo(@Payload() id: number): string {
        return `reply to ${id}`;
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Echo] });
    await broker.enqueue('echo', 1);
    expect(await broker.request('echo', 2)).toBe('reply to 2');
    expect((await broker.stats()).unclaimed).toBe(1);
  });

  it('take object patterns and numbers as Nest does', async () => {
    const { broker } = await testApp({ broker: brokerOptions(mode) });
    const error = await failure(firstValueFrom(broker.send({ cmd: 'sum', a: 1 }, {})));
    expect(error.message).toContain('{"a":1,"cmd":"sum"}');
    expect((await failure(firstValueFrom(broker.send(5, {})))).message).toContain('"5"');
  });
});
