import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { BrokerError, OnRequest, RemoteError, type BrokerContext } from 'nestjs-broker';
import { from, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { SharedKeys } from '../../lib/backend/redis/shared/keys.js';
import { ScriptPacker } from '../../lib/codec/index.js';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { testApp, testClient } from '../support/test-app.js';
import { WireScene as Scene } from './wire-scene.js';

const failure = (calling: Promise<unknown>): Promise<BrokerError> =>
  calling.then(
    (value) => expect.fail(`it was answered with ${String(value)}`),
    (error: BrokerError) => error,
  );

describe('requests over a stream shared with Go-Broker', () => {
  @Controller()
  class Sums {
    @OnRequest('sums.add')
    add(@Payload() numbers: readonly number[]): number {
      return numbers.reduce((sum, number) => sum + number, 0);
    }

    @OnRequest('sums.steps')
    steps(@Payload() count: number): Observable<number> {
      return from(Array.from({ length: count }, (_, step) => step + 1));
    }

    @OnRequest('sums.nothing')
    nothing(): void {}

    @OnRequest('sums.fails')
    fails(@Payload() message: string): never {
      throw new Error(message);
    }
  }

  it.each(['request', 'requestFast'] as const)('go from Go (%s) to our handler', async (mode) => {
    const scene = new Scene();
    await testApp({ broker: scene.options(), controllers: [Sums] });
    const go = scene.peer();
    const calls = Array.from({ length: 50 }, (_, n) => n);
    const answers = calls.map(async (n) => await go[mode]('sums.add', [n, n]));
    expect((await Promise.all(answers)).map(String)).toEqual(calls.map((n) => String(2 * n)));
    // there is room for one value: the last one
    expect(String(await go[mode]('sums.steps', 3))).toBe('3');
    expect(await go[mode]('sums.nothing', null)).toBeUndefined();
    await expect(go[mode]('sums.fails', 'no sum')).rejects.toThrow(/^no sum$/);
    // an empty error would be a success there
    await expect(go[mode]('sums.fails', '')).rejects.toThrow(Error);
    await eventually(async () => (await scene.length) === 0);
  });

  it.each(['reliable', 'fast'] as const)('go from us (%s) to a Go handler', async (mode) => {
    const scene = new Scene();
    const go = scene.peer({ maxJobs: 10 });
    go.onRequest('echo', (payload) => payload);
    go.onRequest('nothing', () => undefined);
    go.onRequest('text', () => Buffer.from('no JSON'));
    go.onRequest('fails', () => {
      throw new Error('not in Go');
    });
    await go.run();
    const broker = testClient(scene.options());
    const calls = Array.from({ length: 100 }, (_, n) => ({ n, text: 'ünïcode' }));
    const answers = calls.map(async (data) => await broker.request('echo', data, { mode }));
    expect(await Promise.all(answers)).toEqual(calls);
    expect(await broker.request('nothing', 1, { mode })).toBeUndefined();
    const error = await failure(broker.request('fails', 1, { mode }));
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ code: 'REMOTE', message: 'not in Go' });
    expect(await failure(broker.request('text', 1, { mode }))).toMatchObject({ code: 'CODEC' });
  });

  it('between ours keep everything they can', async () => {
    const scene = new Scene();
    const { broker } = await testApp({ broker: scene.options(), controllers: [Sums] });
    const values = new Recorder<number>();
    await new Promise<void>((resolve, reject) => {
      const observer = { next: values.record, error: reject, complete: resolve };
      broker.send<number>('sums.steps', 4).subscribe(observer);
    });
    expect(values.all).toEqual([1, 2, 3, 4]);
    expect(await failure(broker.request('sums.fails', 'no sum'))).toMatchObject({
      message: 'no sum',
    });
  });

  it('that nobody takes are answered, in the form the caller understands', async () => {
    const scene = new Scene();
    const { broker } = await testApp({ broker: scene.options(), controllers: [Sums] });
    const go = scene.peer();
    const ours = await failure(broker.request('sums.unknown', 1, { timeout: 30_000 }));
    expect(ours).toMatchObject({ code: 'NO_HANDLER', message: 'nobody handles "sums.unknown"' });
    await expect(go.request('sums.unknown', 1, 30_000)).rejects.toThrow(
      'nobody handles "sums.unknown"',
    );
    const told = scene.book.warnings.filter((line) => line.includes('sums.unknown'));
    expect(told).toEqual([
      `nobody here handles the request "sums.unknown": it is left to others on the stream "${scene.stream}"`,
    ]);
    await eventually(async () => (await scene.length) === 0);
  });

  it('find the one that handles them among those that do not', async () => {
    const scene = new Scene();
    await testApp({ broker: scene.options({ service: 'sums' }), controllers: [Sums] });
    await testApp({ broker: scene.options({ service: 'other' }), controllers: [Other] });
    const broker = testClient(scene.options());
    const go = scene.peer();
    const calls = Array.from({ length: 20 }, async (_, n) => [
      await broker.request('sums.add', [n]),
      await broker.request('other'),
      String(await go.request('other', n)),
    ]);
    expect(await Promise.all(calls)).toEqual(
      Array.from({ length: 20 }, (_, n) => [n, 'other', '"other"']),
    );
  });

  /** One whose name only `r:slow` in the claims says is handled, after it was offered seven times. */
  function offered(unique: string): readonly (string | Buffer)[] {
    const packer = new ScriptPacker();
    packer.byte(1);
    packer.value({ i: unique, n: 'r:slow', b: 7, l: 60_000 });
    return ['type', 'rpc', 'name', 'slow', 'payload', '7', 'h', packer.finish()];
  }

  @Controller()
  class Other {
    @OnRequest('other')
    other(): string {
      return 'other';
    }
  }

  it('are not given up while one that handles them is there, however often others had them', async () => {
    const scene = new Scene();
    const { broker } = await testApp({ broker: scene.options(), controllers: [Other] });
    const claims = new SharedKeys(scene.stream).key('claims', 'r:slow');
    await scene.redis.hset(claims, 'one that has much to do', 1);
    await scene.redis.xadd(scene.stream, '*', ...offered('u-1'));
    await eventually(async () => (await broker.stats()).delayed === 1);
    await scene.redis.del(claims);
    await eventually(async () => (await scene.length) + (await broker.stats()).delayed === 0);
  });

  it('come back at different times: in step, two instances would exchange theirs for ever', async () => {
    const scene = new Scene();
    await testApp({ broker: scene.options(), controllers: [Other] });
    const keys = new SharedKeys(scene.stream);
    await scene.redis.hset(keys.key('claims', 'r:slow'), 'one that has much to do', 1);
    const together = scene.redis.multi();
    for (let n = 0; n < 16; n += 1) together.xadd(scene.stream, '*', ...offered(`u-${n}`));
    await together.exec();
    let waits: number[] = [];
    await eventually(async () => {
      const due = await scene.redis.zrange(keys.key('due'), 0, -1, 'WITHSCORES');
      waits = due.flatMap((text, i) => (i % 2 === 1 ? Number(text) : []));
      return waits.length === 16;
    });
    expect(new Set(waits).size).toBeGreaterThan(4);
  });

  it('have ids, are cancelled and survive their server as on a stream of our own', async () => {
    const scene = new Scene();
    const started = new Recorder<number>();
    const stopped = new Recorder<unknown>();
    let runs = 0;
    @Controller()
    class Slow {
      @OnRequest('slow', { idempotent: true })
      async slow(@Ctx() { signal }: BrokerContext): Promise<number> {
        const run = ++runs;
        started.record(run);
        if (run > 1) return run;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        stopped.record((signal.reason as BrokerError).code);
        return run;
      }
    }
    const options = { ...scene.options(), shutdown: { grace: 0 } };
    const client = testClient(scene.options());
    const first = await testApp({ broker: options, controllers: [Slow] });
    const controller = new AbortController();
    const given = failure(client.request('slow', 1, { signal: controller.signal }));
    await started.next();
    controller.abort();
    expect(await given).toMatchObject({ code: 'CANCELLED' });
    expect(await stopped.next()).toBe('CANCELLED');
    runs = 0;
    const call = client.request('slow', 1, { id: 'a' });
    await started.next();
    const again = testClient(scene.options()).request('slow', 1, { id: 'a' });
    await testApp({ broker: options, controllers: [Slow] });
    await first.app.close();
    expect(await Promise.all([call, again])).toEqual([2, 2]);
    expect(await client.request('slow', 1, { id: 'a' })).toBe(2);
  });
});
