import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { InjectBroker, BrokerClient, OnRequest, type BrokerContext } from 'nestjs-broker';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, modes, testApp, testClient } from '../support/test-app.js';

const RETRY = { attempts: 20, backoff: { type: 'fixed', delay: 20, jitter: 0 } } as const;

describe.each(modes)('calls (%s)', (mode) => {
  it('that are given up while they run tell the handler, and those that wait never run', async () => {
    const started = new Recorder<number>();
    const aborted = new Recorder<unknown>();
    @Controller()
    class Slow {
      @OnRequest('slow', { concurrency: 1 })
      async slow(@Payload() n: number, @Ctx() { signal }: BrokerContext): Promise<void> {
        started.record(n);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted.record((signal.reason as { code: string }).code);
      }
    }
    const options = brokerOptions(mode);
    await testApp({ broker: options, controllers: [Slow] });
    const client = testClient(options);
    const running = new AbortController();
    const first = client.request('slow', 1, { signal: running.signal });
    await started.next();
    const waiting = new AbortController();
    const second = client.request('slow', 2, { signal: waiting.signal });
    const waits = async () => (await client.stats()).names.find(({ name }) => name === 'slow');
    await eventually(async () => expect(await waits()).toMatchObject({ waiting: 1 }));
    waiting.abort();
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
    await eventually(async () => expect(await waits()).toMatchObject({ waiting: 0 }));
    running.abort();
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await aborted.next()).toBe('CANCELLED');
    const third = client.request('slow', 3, { timeout: '300ms' });
    await expect(third).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(started.all).toEqual([1, 3]);
  });

  it('that another client cancels end for their caller, too', async () => {
    const started = new Recorder<string>();
    @Controller()
    class Slow {
      @OnRequest('slow', { concurrency: 1 })
      async slow(@Ctx() { signal, id }: BrokerContext): Promise<void> {
        started.record(id);
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      }
    }
    const options = brokerOptions(mode);
    await testApp({ broker: options, controllers: [Slow] });
    const call = testClient(options).request('slow');
    expect(await testClient(options).cancel(await started.next())).toBe('signalled');
    await expect(call).rejects.toMatchObject({ name: 'CancelledError', code: 'CANCELLED' });
  });

  it('made from a handler have no more time than the handler', async () => {
    const deadlines = new Recorder<number | undefined>();
    @Controller()
    class Chain {
      constructor(@InjectBroker() private readonly broker: BrokerClient) {}

      @OnRequest('outer')
      async outer(@Ctx() context: BrokerContext): Promise<string> {
        deadlines.record(context.deadline);
        await Promise.resolve();
        return this.broker.request<string>('inner', {}, { timeout: '1h' });
      }

      @OnRequest('inner')
      async inner(@Ctx() context: BrokerContext): Promise<string> {
        deadlines.record(context.deadline);
        return firstValueFrom(this.broker.send<string>('innermost', {}));
      }

      @OnRequest('innermost')
      innermost(@Ctx() context: BrokerContext): string {
        deadlines.record(context.deadline);
        return 'deep';
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Chain] });
    expect(await broker.request('outer', {}, { timeout: '3s' })).toBe('deep');
    const [outer = 0, inner = 0, innermost = 0] = deadlines.all;
    // the time of the backend is known to some milliseconds
    expect(inner).toBeLessThanOrEqual(outer + 50);
    expect(innermost).toBeLessThanOrEqual(outer + 100);
    expect(innermost).toBeGreaterThan(Date.now());
  });

  it('with one id are handled once, whoever sends them, and answered each', async () => {
    let runs = 0;
    let answer = (): void => undefined;
    const started = new Recorder<number>();
    @Controller()
    class Orders {
      @OnRequest('pay')
      async pay(@Payload() amount: number): Promise<string> {
        started.record(++runs);
        await new Promise<void>((resolve) => (answer = resolve));
        return `paid ${amount}`;
      }
    }
    const options = brokerOptions(mode);
    await testApp({ broker: options, controllers: [Orders] });
    const [one, other] = [testClient(options), testClient(options)];
    const pay = (client: BrokerClient) => client.request('pay', 5, { id: 'order 7' });
    const first = pay(one);
    await started.next();
    const others = [pay(one), pay(other)];
    answer();
    expect(await Promise.all([first, ...others])).toEqual(['paid 5', 'paid 5', 'paid 5']);
    expect(await pay(testClient(options))).toBe('paid 5');
    expect(runs).toBe(1);
    const next = other.request('pay', 6, { id: 'order 8' });
    await started.next();
    answer();
    expect(await next).toBe('paid 6');
  });

  it('with one id are handled again when the first attempt failed to answer', async () => {
    const started = new Recorder<number>();
    @Controller()
    class Orders {
      @OnRequest('pay')
      async pay(): Promise<string> {
        started.record(started.all.length);
        if (started.all.length === 1) await new Promise(() => undefined);
        return 'paid';
      }
    }
    const options = brokerOptions(mode, { shutdown: { grace: 0 } });
    const client = testClient(options);
    const { app } = await testApp({ broker: options, controllers: [Orders] });
    const first = client.request('pay', 1, { id: 'a' });
    await started.next();
    const failing = first.catch((error: unknown) => error);
    await app.close();
    expect(await failing).toMatchObject({ code: 'SERVER_LOST' });
    await testApp({ broker: options, controllers: [Orders] });
    expect(await client.request('pay', 1, { id: 'a' })).toBe('paid');
  });

  it('that are idempotent survive the instance that handles them', async () => {
    const started = new Recorder<number>();
    @Controller()
    class Prices {
      @OnRequest('price', { idempotent: true })
      async price(): Promise<number> {
        started.record(started.all.length);
        if (started.all.length === 1) await new Promise(() => undefined);
        return 42;
      }
    }
    const options = brokerOptions(mode, { shutdown: { grace: 0 } });
    const first = await testApp({ broker: options, controllers: [Prices] });
    const client = testClient(options);
    const call = client.request('price', 1);
    await started.next();
    await testApp({ broker: options, controllers: [Prices] });
    await first.app.close();
    expect(await call).toBe(42);
  });

  it('are tried again where that is wanted, until somebody handles them', async () => {
    const options = brokerOptions(mode, { rpc: { retry: RETRY } });
    const client = testClient(options);
    const call = client.request('late', 1);
    const send = firstValueFrom(client.send('late', 1));
    const once = client.request('late', 1, { retry: 1 });
    await expect(once).rejects.toMatchObject({ code: 'NO_HANDLER' });
    @Controller()
    class Late {
      @OnRequest('late')
      late(): string {
        return 'here';
      }
    }
    await testApp({ broker: options, controllers: [Late] });
    expect(await Promise.all([call, send])).toEqual(['here', 'here']);
  });

  it('say what is wrong with their options', async () => {
    const client = testClient(brokerOptions(mode));
    const wrong = [
      [{ id: '' }, 'INVALID_NAME'],
      [{ id: 'a', mode: 'fast' }, 'INVALID_OPTIONS'],
      [{ retry: 0 }, 'INVALID_OPTIONS'],
      [{ retry: { attempts: 1.5 } }, 'INVALID_OPTIONS'],
      [{ retry: { codes: 'TIMEOUT' } }, 'INVALID_OPTIONS'],
      [{ retry: { backoff: { delay: 'soon' } } }, 'INVALID_OPTIONS'],
    ] as const;
    for (const [options, code] of wrong) {
      await expect(client.request('x', 1, options as object)).rejects.toMatchObject({ code });
    }
  });
});
