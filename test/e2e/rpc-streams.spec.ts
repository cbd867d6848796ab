import { Controller, Injectable, UseInterceptors } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { OnRequest, OnTask, type BrokerContext } from 'nestjs-broker';
import { map, Observable, range, take, toArray, lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, modes, testApp, testClient } from '../support/test-app.js';

const MANY = 5_000;

@Injectable()
class Passing implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value: unknown) => value));
  }
}

describe.each(modes)('streamed replies (%s)', (mode) => {
  it('bring every value in order, from an Observable, an async iterable, behind interceptors', async () => {
    @Controller()
    class Lists {
      @OnRequest('observable')
      observable(@Payload() count: number): Observable<number> {
        return range(0, count);
      }

      @OnRequest('generator')
      async *generator(@Payload() count: number) {
        for (let n = 0; n < count; n += 1) yield n;
      }

      @OnRequest('intercepted')
      @UseInterceptors(Passing)
      async *intercepted(@Payload() count: number) {
        for (let n = 0; n < count; n += 1) yield n;
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Lists] });
    const expected = [...Array(MANY).keys()];
    for (const name of ['observable', 'generator', 'intercepted']) {
      const all = broker.send<number>(name, MANY).pipe(toArray());
      expect({ name, values: await lastValueFrom(all) }).toEqual({ name, values: expected });
    }
    const read: number[] = [];
    for await (const n of broker.stream<number>('generator', MANY)) read.push(n);
    expect(read).toEqual(expected);
    expect(await broker.request('generator', 3)).toBe(2);
  });

  it('wait for who reads them, and end with the reader', async () => {
    let made = 0;
    const ended = new Recorder<unknown>();
    @Controller()
    class Lists {
      @OnRequest('endless')
      async *endless(@Ctx() { signal }: BrokerContext) {
        try {
          for (;;) yield made++;
        } finally {
          ended.record(signal.aborted);
        }
      }
    }
    const options = brokerOptions(mode);
    await testApp({ broker: options, controllers: [Lists] });
    const client = testClient(options);
    const values = client.stream<number>('endless');
    expect(await values.next()).toEqual({ value: 0, done: false });
    // a window is out; the handler does not run ahead
    await eventually(() => expect(made).toBeGreaterThan(256));
    const stopped = made;
    expect(stopped).toBeLessThan(300);
    for (let n = 1; n <= 1_000; n += 1) expect((await values.next()).value).toBe(n);
    expect(made).toBeLessThan(1_001 + 300);
    expect(ended.all).toEqual([]);
    await values.return();
    expect(await ended.next()).toBe(true);
  });

  it('end when who listens unsubscribes, however they are made', async () => {
    const ended = new Recorder<string>();
    @Controller()
    class Ticks {
      @OnRequest('observable')
      ticks(): Observable<number> {
        return new Observable((observer) => {
          let n = 0;
          const timer = setInterval(() => observer.next(n++), 1);
          return () => {
            clearInterval(timer);
            ended.record('observable');
          };
        });
      }

      @OnRequest('generator')
      async *generator() {
        try {
          for (let n = 0; ; n += 1) {
            yield n;
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        } finally {
          ended.record('generator');
        }
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Ticks] });
    for (const name of ['observable', 'generator']) {
      const three = broker.send<number>(name, {}).pipe(take(3), toArray());
      expect(await lastValueFrom(three)).toEqual([0, 1, 2]);
      expect(await ended.next()).toBe(name);
    }
  });

  it('fail when they cannot be slowed down and nobody takes them', async () => {
    @Controller()
    class Lists {
      @OnRequest('flood')
      flood(): Observable<string> {
        return range(0, 100_000).pipe(map((n) => `${n}`));
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Lists] });
    const values = broker.stream('flood');
    await values.next();
    const reading = (async () => {
      for await (const value of values) void value;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'OVERLOADED' });
  });

  it('of a task run to their end', async () => {
    const done = new Recorder<number>();
    @Controller()
    class Steps {
      @OnTask('steps')
      async *steps() {
        yield 1;
        yield 2;
        done.record(2);
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Steps] });
    await broker.enqueue('steps');
    expect(await done.next()).toBe(2);
  });
});
