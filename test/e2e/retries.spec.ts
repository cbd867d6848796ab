import { Controller } from '@nestjs/common';
import { Ctx, Payload, RpcException } from '@nestjs/microservices';
import {
  BrokerClient,
  OnTask,
  RetryLaterError,
  UnrecoverableError,
  type BrokerContext,
  type DeadLetter,
} from 'nestjs-broker';
import { defer, Observable, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, modes, testApp } from '../support/test-app.js';

const dead = (broker: BrokerClient, count = 1): Promise<DeadLetter[]> =>
  eventually(async () => {
    const letters = await broker.deadLetters.list();
    expect(letters).toHaveLength(count);
    return letters;
  });

describe.each(modes)('retries (%s)', (mode) => {
  it('run a failed task again until it succeeds, under the same id', async () => {
    const seen = new Recorder<{ id: string; attempt: number }>();
    @Controller()
    class Orders {
      @OnTask('flaky')
      flaky(@Ctx() { id, attempt }: BrokerContext): void {
        seen.record({ id, attempt });
        if (attempt < 3) throw new Error('not yet');
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    const { id } = await broker.enqueue('flaky');
    expect(await seen.count(3)).toEqual([1, 2, 3].map((attempt) => ({ id, attempt })));
    await eventually(async () => {
      expect((await broker.stats()).counters).toMatchObject({ done: 1, retried: 2, dead: 0 });
    });
  });

  it('end among the dead letters, with all there is to know; a replay starts over', async () => {
    const attempts = new Recorder<number>();
    let broken = true;
    @Controller()
    class Orders {
      @OnTask('pay', { attempts: 2 })
      async pay(@Ctx() { attempt }: BrokerContext): Promise<void> {
        attempts.record(attempt);
        if (broken) throw Object.assign(new RangeError('card declined'), { code: 'DECLINED' });
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    const data = { order: 1 };
    const { id } = await broker.enqueue('pay', data, { key: 'ann', headers: { from: 'shop' } });
    const [letter] = await dead(broker);
    expect(letter).toMatchObject({
      id,
      name: 'pay',
      kind: 'task',
      key: 'ann',
      data,
      headers: { from: 'shop' },
      reason: 'failed',
      attempts: 2,
      lost: 0,
      error: { name: 'RangeError', message: 'card declined', code: 'DECLINED' },
    });
    expect(letter?.error.stack).toContain('retries.spec.ts');
    expect(letter?.payload.toString()).toBe(JSON.stringify(data));
    expect(letter?.diedAt.getTime()).toBeGreaterThanOrEqual(letter?.enqueuedAt?.getTime() ?? 0);

    broken = false;
    expect(await broker.deadLetters.replay([letter?.entry ?? ''])).toBe(1);
    expect(await attempts.count(3)).toEqual([1, 2, 1]);
    await dead(broker, 0);
    expect(await broker.deadLetters.replay([letter?.entry ?? ''])).toBe(0);
  });

  it('stop at once for an UnrecoverableError, and the letters can be paged and dropped', async () => {
    @Controller()
    class Orders {
      @OnTask('ship')
      ship(@Payload() id: number): never {
        throw new UnrecoverableError(`order ${id} was sold out`);
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    for (const id of [1, 2, 3]) await broker.enqueue('ship', id, { key: 'one' });
    const letters = await dead(broker, 3);
    expect(letters.map(({ data, reason, error }) => [data, reason, error.message])).toEqual(
      [1, 2, 3].map((id) => [id, 'unrecoverable', `order ${id} was sold out`]),
    );
    const [first] = await broker.deadLetters.list({ count: 1 });
    expect(first?.data).toBe(1);
    const rest = await broker.deadLetters.list({ after: first?.entry ?? '' });
    expect(rest.map(({ data }) => data)).toEqual([2, 3]);
    expect(await broker.deadLetters.drop(letters.map(({ entry }) => entry))).toBe(3);
    await dead(broker, 0);
    await expect(broker.deadLetters.list({ count: 0 })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
  });

  it('that a RetryLaterError asks for cost no attempt', async () => {
    const attempts = new Recorder<number>();
    @Controller()
    class Orders {
      @OnTask('later', { attempts: 1 })
      later(@Ctx() { attempt }: BrokerContext): void {
        attempts.record(attempt);
        if (attempts.all.length < 4) throw new RetryLaterError('1ms');
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    await broker.enqueue('later');
    expect(await attempts.count(4)).toEqual([1, 1, 1, 1]);
    await eventually(async () => expect((await broker.stats()).counters.done).toBe(1));
  });

  it('follow a time-out, which the handler is told of', async () => {
    const signals = new Recorder<AbortSignal>();
    @Controller()
    class Orders {
      @OnTask('stuck', { timeout: '20ms', attempts: 2 })
      async stuck(@Ctx() { signal, deadline }: BrokerContext): Promise<void> {
        expect(deadline).toBeGreaterThan(Date.now() - 100);
        signals.record(signal);
        await new Promise(() => undefined);
      }
    }
    const options = brokerOptions(mode, { shutdown: { grace: 0 } });
    const { broker } = await testApp({ broker: options, controllers: [Orders] });
    await broker.enqueue('stuck');
    const [letter] = await dead(broker);
    expect(letter?.error).toMatchObject({ code: 'TIMEOUT' });
    expect((await signals.count(2)).every(({ aborted }) => aborted)).toBe(true);
  });

  it('obey the sender before the handler and the handler before the broker', async () => {
    const attempts = new Recorder<string>();
    @Controller()
    class Orders {
      @OnTask('broker')
      byBroker(): never {
        attempts.record('broker');
        throw new Error('no');
      }

      @OnTask('handler', { attempts: 2, backoff: { delay: '1ms' } })
      byHandler(): never {
        attempts.record('handler');
        throw new Error('no');
      }

      @OnTask('sender', { attempts: 3 })
      bySender(): never {
        attempts.record('sender');
        throw new Error('no');
      }
    }
    const options = brokerOptions(mode, { tasks: { attempts: 4 } });
    const { broker } = await testApp({ broker: options, controllers: [Orders] });
    await broker.enqueue('broker');
    await broker.enqueue('handler');
    await broker.enqueue('sender', {}, { attempts: 1, backoff: { delay: '1ms' } });
    await dead(broker, 3);
    const count = (who: string): number => attempts.all.filter((name) => name === who).length;
    expect([count('broker'), count('handler'), count('sender')]).toEqual([4, 2, 1]);
  });

  it('follow whatever a handler fails with: values, RpcException, streams', async () => {
    @Controller()
    class Orders {
      @OnTask('text', { attempts: 1 })
      text(): Promise<never> {
        // eslint-disable-next-line typescript/prefer-promise-reject-errors
        return Promise.reject('just text');
      }

      @OnTask('nothing', { attempts: 1 })
      nothing(): Promise<never> {
        // eslint-disable-next-line typescript/prefer-promise-reject-errors
        return Promise.reject();
      }

      @OnTask('rpc', { attempts: 1 })
      rpc(): never {
        throw new RpcException('refused');
      }

      @OnTask('stream', { attempts: 1 })
      stream(): Observable<never> {
        return throwError(() => new Error('broke off'));
      }

      @OnTask('stream.late', { attempts: 1 })
      async late(): Promise<Observable<unknown>> {
        return defer(() =>
          of(
            1,
            Promise.reject(new Error('unused')).catch(() => 2),
          ),
        );
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    for (const name of ['text', 'nothing', 'rpc', 'stream', 'stream.late']) {
      await broker.enqueue(name);
    }
    const letters = await dead(broker, 4);
    const messages = Object.fromEntries(letters.map(({ name, error }) => [name, error.message]));
    expect(messages).toEqual({
      text: 'just text',
      nothing: 'undefined',
      rpc: 'refused',
      stream: 'broke off',
    });
  });
});
