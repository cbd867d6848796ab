import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  BALANCE_STRATEGY,
  BrokerClient,
  InjectBroker,
  OnRequest,
  OnTask,
  type BrokerContext,
} from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { ScriptPacker, decodeHeader } from '../../lib/codec/index.js';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { testApp, testClient } from '../support/test-app.js';
import { WireScene as Scene } from './wire-scene.js';

/** What stands in the entries of the stream, fields as texts in their order, but the header. */
async function entriesOf({ redis, stream }: Scene): Promise<(readonly string[])[]> {
  const entries = await redis.xrangeBuffer(stream, '-', '+');
  return entries.map(([, fields]) => {
    expect(String(fields.at(-2))).toBe('h');
    return fields.slice(0, -2).map(String);
  });
}

const headerOf = (m: Readonly<Record<string, string | number>>): Buffer => {
  const packer = new ScriptPacker();
  packer.byte(1);
  packer.value(m);
  return packer.finish();
};

describe('what we write to a shared stream', () => {
  it('has the fields of Go-Broker, and our header behind them', async () => {
    const scene = new Scene();
    const broker = testClient(scene.options());
    const { id } = await broker.enqueue('orders.create', { id: 1 }, { headers: { trace: 't' } });
    await broker.enqueue('ping', undefined);
    const asking = broker.request('users.get', { id: 2 }, { timeout: 200 }).catch(() => undefined);
    await eventually(async () => (await scene.length) === 3);
    const [task, empty, request] = await entriesOf(scene);
    expect(task).toEqual(['type', 'task', 'name', 'orders.create', 'payload', '{"id":1}']);
    expect(empty).toEqual(['type', 'task', 'name', 'ping', 'payload', '']);
    expect(request?.slice(0, 6)).toEqual([
      'type',
      'rpc',
      'name',
      'users.get',
      'payload',
      '{"id":2}',
    ]);
    const [, replyTo = '', , correlation] = request?.slice(6) ?? [];
    expect(request?.slice(6)).toEqual(['reply_to', replyTo, 'correlation_id', correlation]);
    // not one that every Go-Broker client of this Redis listens to
    expect(replyTo.startsWith(`{${scene.stream}}:rpl:`)).toBe(true);
    const [[, fields], , [, last]] = (await scene.redis.xrangeBuffer(scene.stream, '-', '+')) as [
      [Buffer, Buffer[]],
      unknown,
      [Buffer, Buffer[]],
    ];
    expect(`orders.create:${decodeHeader(fields.at(-1)!).unique}`).toBe(id);
    expect(decodeHeader(last.at(-1)!).unique).toBe(correlation);
    await asking;
  });

  it('waits for a group that begins with it', async () => {
    const scene = new Scene();
    await testClient(scene.options()).enqueue('a', 1);
    const [group] = (await scene.redis.xinfo('GROUPS', scene.stream)) as unknown[][];
    expect(group).toEqual(
      expect.arrayContaining(['name', scene.group, 'last-delivered-id', '0-0']),
    );
  });

  it('lies with everything else of ours in the slot of the stream', async () => {
    const scene = new Scene();
    const broker = testClient(scene.options());
    await broker.enqueue('a', 1, { delay: '1h' });
    const keys = await scene.redis.keys(`*${scene.stream}*`);
    expect(keys.length).toBeGreaterThan(3);
    const ours = keys.filter((key) => key !== scene.stream);
    expect(ours.filter((key) => !key.startsWith(`{${scene.stream}}:`))).toEqual([]);
  });
});

describe('who reads a shared stream', () => {
  it('leaves names it does not handle to others, and says so once', async () => {
    const scene = new Scene();
    const handled = new Recorder<string>();
    const of = (name: string) => {
      @Controller()
      class Handles {
        @OnTask(name)
        handle(@Payload() data: string): void {
          handled.record(`${name} ${data}`);
        }
      }
      return Handles;
    };
    const mails = await testApp({
      broker: scene.options({ service: 'mails' }),
      controllers: [of('mail')],
    });
    for (const n of [1, 2, 3]) await mails.broker.enqueue('sms', `${n}`);
    // only the wrong one is there: it hands them back, at a pace
    await eventually(async () => (await mails.broker.stats()).delayed === 3);
    await testApp({ broker: scene.options({ service: 'texts' }), controllers: [of('sms')] });
    expect((await handled.count(3, 15_000)).toSorted()).toEqual(['sms 1', 'sms 2', 'sms 3']);
    await eventually(async () => (await mails.broker.stats()).counters.done === 3);
    expect((await mails.broker.stats()).counters).toMatchObject({ retried: 0, dead: 0 });
    expect(scene.book.warnings.filter((line) => line.includes('"sms"'))).toHaveLength(1);
  });

  it('gives up what nobody takes: a dead letter that can be put back', async () => {
    const scene = new Scene();
    const handled = new Recorder<BrokerContext>();
    @Controller()
    class Other {
      @OnTask('other')
      other(@Ctx() ctx: BrokerContext): void {
        handled.record(ctx);
      }
    }
    const { broker } = await testApp({ broker: scene.options(), controllers: [Other] });
    // it was offered nine times
    const h = headerOf({ i: 'u-1', n: 't:nobody', b: 9 });
    const fields = ['type', 'task', 'name', 'nobody', 'payload', '7', 'h', h] as const;
    await scene.redis.xadd(scene.stream, '*', ...fields);
    await eventually(async () => (await broker.deadLetters.list()).length === 1);
    const [letter] = await broker.deadLetters.list();
    expect(letter).toMatchObject({
      id: 'nobody:u-1',
      reason: 'no_handler',
      data: 7,
      error: { code: 'NO_HANDLER', message: 'nobody handles "nobody"' },
    });
    await broker.deadLetters.replay([letter!.entry]);
    await eventually(async () => (await broker.stats()).delayed === 1);
  });

  it('sets aside what it cannot read, whole', async () => {
    const scene = new Scene();
    @Controller()
    class Other {
      @OnTask('other')
      other(): void {}
    }
    const { broker } = await testApp({ broker: scene.options(), controllers: [Other] });
    await scene.redis.xadd(scene.stream, '*', 'type', 'cron', 'name', 'x', 'payload', '7');
    await eventually(async () => (await broker.deadLetters.list()).length === 1);
    const [letter] = await broker.deadLetters.list();
    expect(letter).toMatchObject({ reason: 'undecodable', error: { code: 'CODEC' } });
    expect(await scene.length).toBe(0);
    expect(await broker.deadLetters.replay([letter!.entry])).toBe(1);
    await eventually(async () => {
      const [again] = await broker.deadLetters.list();
      return again !== undefined && again.entry !== letter?.entry;
    });
  });

  it('keeps to the bounds of each handler, and what has no place goes on', async () => {
    const scene = new Scene();
    const handled = new Recorder<string>();
    let running = 0;
    let most = 0;
    @Controller()
    class Work {
      @OnTask('narrow', { concurrency: 1 })
      async narrow(): Promise<void> {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
        handled.record('narrow');
      }

      @OnTask('wide')
      wide(): void {
        handled.record('wide');
      }

      @OnRequest('ask')
      ask(): string {
        return 'answer';
      }
    }
    const { broker } = await testApp({ broker: scene.options(), controllers: [Work] });
    const tasks = (name: string, count: number) =>
      Array.from({ length: count }, () => ({ name, data: 1 }));
    await broker.enqueueMany(tasks('narrow', 100));
    await broker.enqueueMany(tasks('wide', 20));
    expect(await broker.request('ask')).toBe('answer');
    const all = await handled.count(120, 20_000);
    expect(all.filter((name) => name === 'wide')).toHaveLength(20);
    expect(most).toBe(1);
    await eventually(async () => (await broker.stats()).counters.done === 121);
    expect((await broker.stats()).counters).toMatchObject({ retried: 0, dead: 0, stale: 0 });
  });

  it('answers its own requests while all its places for tasks wait for them', async () => {
    const scene = new Scene();
    const answers = new Recorder<number>();
    @Controller()
    class Work {
      constructor(@InjectBroker() private readonly broker: BrokerClient) {}

      @OnTask('outer')
      async outer(@Payload() n: number): Promise<void> {
        answers.record(await this.broker.request<number>('inner', n));
      }

      @OnRequest('inner')
      inner(@Payload() n: number): number {
        return n;
      }
    }
    const broker = scene.options({ maxJobs: 2 });
    const app = await testApp({ broker, controllers: [Work] });
    await app.broker.enqueueMany(
      Array.from({ length: 50 }, (_, n) => ({ name: 'outer', data: n })),
    );
    const all = await answers.count(50, 25_000);
    expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    await eventually(async () => (await app.broker.stats()).counters.done === 100);
    expect((await app.broker.stats()).counters).toMatchObject({ retried: 0, dead: 0 });
  }, 60_000);

  it('takes nothing from another group that reads the same stream', async () => {
    const scene = new Scene();
    await scene.redis.xgroup('CREATE', scene.stream, 'audit', '0', 'MKSTREAM');
    const handled = new Recorder<unknown>();
    @Controller()
    class Work {
      @OnTask('a')
      a(@Payload() data: unknown): void {
        handled.record(data);
      }
    }
    const balancer = { heartbeatTtl: '300ms', cleanupInterval: '100ms' };
    const { broker } = await testApp({ broker: scene.options({ balancer }), controllers: [Work] });
    for (const n of [1, 2, 3]) await broker.enqueue('a', n);
    await handled.count(3);
    await eventually(async () => (await broker.stats()).counters.done === 3);
    const from = ['GROUP', 'audit', 'auditor', 'STREAMS', scene.stream, '>'] as const;
    const [[, seen]] = (await scene.redis.call('XREADGROUP', ...from)) as [[string, [string][]]];
    expect(seen).toHaveLength(3);
    await scene.redis.xack(scene.stream, 'audit', ...seen.map(([id]) => id));
    await eventually(async () => (await scene.length) === 0);
  });

  it('cannot be of another group than those who share its state', async () => {
    const scene = new Scene();
    await testClient(scene.options()).enqueue('a', 1);
    const other = testClient({ ...scene.options(), group: 'other' });
    await expect(other.enqueue('a', 1)).rejects.toMatchObject({
      code: 'BACKEND_REFUSED',
      message: `the stream "${scene.stream}" is used with the group "${scene.group}" already, "other" cannot be used beside it; once nobody uses the other one, delete "{${scene.stream}}:group"`,
    });
  });

  it('follows no strategy of its own', async () => {
    const scene = new Scene();
    @Controller()
    class Work {
      @OnTask('a')
      a(): void {}
    }
    const strategy = { provide: BALANCE_STRATEGY, useValue: { route: () => undefined } };
    const starting = testApp({
      broker: scene.options(),
      controllers: [Work],
      providers: [strategy],
    });
    await expect(starting).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('knows the strategy "competing" only'),
    });
  });
});
