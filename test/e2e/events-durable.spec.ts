import {
  type CanActivate,
  Controller,
  Injectable,
  type PipeTransform,
  UseGuards,
  UsePipes,
} from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  BrokerClient,
  type BrokerContext,
  BrokerGroup,
  type DurableBacklog,
  type DurableEventOptions,
  OnEvent,
} from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, LogBook, modes, testApp, testClient } from '../support/test-app.js';

interface Paid {
  readonly id: number;
}

interface Seen {
  readonly id: number;
  readonly context: BrokerContext;
}

/** A controller with one durable handler of `orders.paid` that records what it gets. */
function listener(
  seen: Recorder<Seen>,
  options: Omit<DurableEventOptions, 'durable'> = {},
  fails = 0,
) {
  @Controller()
  class Listener {
    @OnEvent('orders.paid', { durable: true, ...options })
    on(@Payload() { id }: Paid, @Ctx() context: BrokerContext): void {
      seen.record({ id, context });
      if (context.attempt <= fails) throw new Error('not yet');
    }
  }
  return Listener;
}

const ids = (seen: Recorder<Seen>): number[] => seen.all.map(({ id }) => id);

describe.each(modes)('durable events (%s)', (mode) => {
  it('reach one instance of each service, beside the plain handlers of all', async () => {
    const options = brokerOptions(mode);
    const [plain, mail, stock] = [
      new Recorder<number>(),
      new Recorder<Seen>(),
      new Recorder<Seen>(),
    ];
    @Controller()
    @BrokerGroup('orders')
    class Both {
      @OnEvent('paid')
      plain(@Payload('id') id: number): void {
        plain.record(id);
      }

      @OnEvent('paid', { durable: true })
      kept(@Payload('id') id: number, @Ctx() context: BrokerContext): void {
        mail.record({ id, context });
      }
    }
    const inMail = { ...options, service: 'mail' };
    await testApp({ broker: inMail, controllers: [Both] });
    await testApp({ broker: inMail, controllers: [Both] });
    await testApp({ broker: { ...options, service: 'stock' }, controllers: [listener(stock)] });
    const client = testClient(options);

    for (let id = 0; id < 10; id += 1) {
      await client.publish('orders.paid', { id }, { headers: { h: '1' } });
    }
    client.emit('orders.paid', { id: 10 });

    await Promise.all([plain.count(22), mail.count(11), stock.count(11)]);
    expect(ids(mail).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(ids(stock).toSorted((a, b) => a - b)).toEqual(ids(mail).toSorted((a, b) => a - b));
    expect(plain.all).toHaveLength(22);
    const first = mail.all.find(({ id }) => id === 0)?.context;
    expect(first).toMatchObject({
      kind: 'event',
      name: 'orders.paid',
      attempt: 1,
      headers: { h: '1' },
      key: undefined,
    });
    expect(first?.id).toMatch(/^orders\.paid:/);
  });

  it('wait for a service that is away', async () => {
    const options = brokerOptions(mode);
    const client = testClient(options);
    await client.connect();
    const [before, after] = [new Recorder<Seen>(), new Recorder<Seen>()];
    const { app } = await testApp({ broker: options, controllers: [listener(before)] });
    await client.publish('orders.paid', { id: 1 });
    await before.count(1);
    await app.close();

    await client.publish('orders.paid', { id: 2 });
    await client.publish('orders.paid', { id: 3 });
    const { names } = await client.stats();
    expect(names).toMatchObject([
      {
        name: 'orders.paid',
        kind: 'event',
        service: options.appName,
        waiting: 2,
        running: 0,
        consumers: 0,
      },
    ]);

    await testApp({ broker: options, controllers: [listener(after)] });
    await after.count(2);
    expect(ids(after)).toEqual([2, 3]);
  });

  it('are tried again, become dead letters and are replayed, for one service alone', async () => {
    const options = brokerOptions(mode);
    const [failing, fine] = [new Recorder<Seen>(), new Recorder<Seen>()];
    const { broker } = await testApp({
      broker: { ...options, service: 'failing' },
      controllers: [listener(failing, { attempts: 2, subscription: 'audit' }, 2)],
    });
    await testApp({ broker: { ...options, service: 'fine' }, controllers: [listener(fine)] });
    await broker.publish('orders.paid', { id: 1 });
    await failing.count(2);
    await eventually(async () => expect(await broker.deadLetters.list()).toHaveLength(1));
    const [letter] = await broker.deadLetters.list();
    expect(letter).toMatchObject({
      kind: 'event',
      name: 'orders.paid',
      service: 'failing',
      subscription: 'audit',
      reason: 'failed',
      attempts: 2,
      data: { id: 1 },
      id: failing.all[0]?.context.id,
    });
    expect(failing.all.map(({ context }) => context.attempt)).toEqual([1, 2]);
    await broker.deadLetters.replay([letter!.entry]);
    await failing.count(3);
    expect(failing.all[2]?.context).toMatchObject({ attempt: 1, id: letter!.id });
    await fine.count(1);
    expect(ids(fine)).toEqual([1]);
  });

  it('of one key are handled in order, whoever fails', async () => {
    const seen = new Recorder<Seen>();
    const { broker } = await testApp({
      broker: brokerOptions(mode),
      controllers: [listener(seen, {}, 1)],
    });
    for (const id of [1, 2, 3]) await broker.publish('orders.paid', { id }, { key: 'k' });
    await seen.count(6);
    expect(ids(seen)).toEqual([1, 1, 2, 2, 3, 3]);
    expect(seen.all[0]?.context.key).toBe('k');
  });

  it('begin with the earliest that is kept, if a new service wants it', async () => {
    const options = brokerOptions(mode);
    const [first, late] = [new Recorder<Seen>(), new Recorder<Seen>()];
    const { broker } = await testApp({
      broker: { ...options, service: 'first' },
      controllers: [listener(first)],
    });
    for (const id of [1, 2, 3]) await broker.publish('orders.paid', { id });
    await testApp({
      broker: { ...options, service: 'late' },
      controllers: [listener(late, { from: 'earliest', concurrency: 1 })],
    });
    await broker.publish('orders.paid', { id: 4 });
    await late.count(4);
    expect(ids(late)).toEqual([1, 2, 3, 4]);
    await first.count(4);
  });

  it('pass guards and pipes, and keep what a guard refuses out', async () => {
    @Injectable()
    class OddOnly implements CanActivate {
      canActivate(context: { switchToRpc(): { getData(): Paid } }): boolean {
        return context.switchToRpc().getData().id % 2 === 1;
      }
    }
    @Injectable()
    class Tenfold implements PipeTransform {
      transform(value: Paid): Paid {
        return typeof value.id === 'number' ? { id: value.id * 10 } : value;
      }
    }
    const seen = new Recorder<number>();
    @Controller()
    class Guarded {
      @UseGuards(OddOnly)
      @UsePipes(Tenfold)
      @OnEvent('orders.paid', { durable: true, attempts: 1 })
      on(@Payload() { id }: Paid): void {
        seen.record(id);
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Guarded] });
    await broker.publish('orders.paid', { id: 2 });
    await broker.publish('orders.paid', { id: 3 });
    expect(await seen.next()).toBe(30);
    await eventually(async () => expect(await broker.deadLetters.list()).toHaveLength(1));
    expect((await broker.deadLetters.list())[0]?.data).toEqual({ id: 2 });
  });

  it('say so before they are dropped, and when', async () => {
    const logger = new LogBook();
    const options = brokerOptions(mode, { events: { maxAge: '3s' } });
    const client = testClient(options);
    await client.connect();
    const away = { ...options, service: 'away' };
    const { app } = await testApp({ broker: away, controllers: [listener(new Recorder())] });
    await app.close();
    const told = new Recorder<DurableBacklog>();
    const { broker } = await testApp({
      broker: {
        ...options,
        service: 'here',
        logger,
        balancer: { cleanupInterval: 100, heartbeatTtl: 150 },
      },
      controllers: [listener(new Recorder())],
    });
    broker.on('durable-backlog', told.record);
    await client.publish('orders.paid', { id: 1 });
    const removed = (): void => expect(told.all.map(({ state }) => state)).toContain('removed');
    await eventually(removed, { within: 15_000 });
    expect(told.all.map(({ state }) => state)).toContain('near');
    expect(told.all.at(-1)).toMatchObject({ event: 'orders.paid', service: 'away', dropped: 1 });
    expect(logger.warnings.join('\n')).toMatch(
      /"orders\.paid" of service "away" come near a bound/,
    );
    expect(logger.errors.join('\n')).toMatch(/kept no more: nobody handled them for 3000 ms; 1 dr/);
    expect((await client.stats()).counters.dropped).toBe(1);
  });

  it('refuse two without names of their own in one service, and a wildcard', async () => {
    @Controller()
    class Twice {
      @OnEvent('orders.paid', { durable: true })
      one(): void {}

      @OnEvent('orders.paid', { durable: true })
      two(): void {}
    }
    @Controller()
    class Wild {
      @OnEvent('orders.*', { durable: true })
      on(): void {}
    }
    const broker = brokerOptions(mode);
    await expect(testApp({ broker, controllers: [Twice] })).rejects.toMatchObject({
      code: 'DUPLICATE_HANDLER',
      message: expect.stringMatching(/Twice\.one and Twice\.two; give one of them a subscription/),
    });
    await expect(testApp({ broker, controllers: [Wild] })).rejects.toMatchObject({
      code: 'INVALID_NAME',
      message: expect.stringContaining('"orders.*" is a wildcard'),
    });
  });

  it('reach both of two that have names of their own', async () => {
    const seen = new Recorder<string>();
    @Controller()
    class Twice {
      @OnEvent('orders.paid', { durable: true })
      one(): void {
        seen.record('one');
      }

      @OnEvent('orders.paid', { durable: true, subscription: 'audit' })
      two(): void {
        seen.record('two');
      }
    }
    const { app } = await testApp({ broker: brokerOptions(mode), controllers: [Twice] });
    await app.get(BrokerClient).publish('orders.paid', { id: 1 });
    expect([...(await seen.count(2))].toSorted()).toEqual(['one', 'two']);
  });
});
