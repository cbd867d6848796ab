import { Controller, Injectable, Module } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  BrokerClient,
  BrokerContext,
  BrokerGroup,
  BrokerModule,
  InjectBroker,
  OnEvent,
  OnRequest,
  OnTask,
} from 'nestjs-broker';
import { createBrokerHarness, type BrokerHarness } from 'nestjs-broker/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { closing, LogBook } from '../support/test-app.js';

interface Order {
  readonly id: number;
}

@Injectable()
class Shop {
  constructor(@InjectBroker() readonly broker: BrokerClient) {}

  async buy(id: number, delay?: string): Promise<void> {
    await this.broker.enqueue('orders.pay', { id }, delay === undefined ? {} : { delay });
  }
}

@Controller()
@BrokerGroup('orders')
class OrdersController {
  readonly paid: number[] = [];
  readonly seen: number[] = [];
  now = 0;
  work: () => unknown = () => undefined;

  constructor(@InjectBroker() private readonly broker: BrokerClient) {}

  @OnTask('pay', { attempts: 3, backoff: { type: 'fixed', delay: '1h', jitter: 0 }, timeout: '1m' })
  async pay(@Payload() { id }: Order): Promise<void> {
    await this.work();
    this.paid.push(id);
    await this.broker.publish('orders.paid', { id });
  }

  @OnEvent('paid')
  onPaid(@Payload('id') id: number): void {
    this.seen.push(id);
  }

  @OnEvent('paid', { durable: true })
  async invoice(@Payload('id') id: number): Promise<void> {
    await this.broker.request('orders.price', { id });
  }

  @OnRequest('price')
  price(@Payload('id') id: number): number {
    return id * 100;
  }
}

const parts = { controllers: [OrdersController], providers: [Shop] };
// as it is in production: nothing answers there
const broker = { redis: { url: 'redis://127.0.0.1:1' }, logger: new LogBook() };

@Module({ imports: [BrokerModule.forRoot({ mode: 'redis', ...broker })], ...parts })
class AppModule {}

async function start(harness: BrokerHarness) {
  const builder = harness.override(Test.createTestingModule({ imports: [AppModule] }));
  const app = closing(await builder.compile());
  await app.init();
  return { app, shop: app.get(Shop), orders: app.get(OrdersController) };
}

describe('the harness', () => {
  let harness: BrokerHarness;
  let shop: Shop;
  let orders: OrdersController;
  beforeEach(async () => {
    harness = createBrokerHarness({ now: Date.UTC(2030, 0, 1) });
    ({ shop, orders } = await start(harness));
  });

  it('drains all that follows from a task, and has written it down', async () => {
    await shop.buy(7);
    await harness.drain();
    expect([orders.paid, orders.seen]).toEqual([[7], [7]]);
    expect(harness.enqueued()).toMatchObject([
      {
        kind: 'task',
        name: 'orders.pay',
        data: { id: 7 },
        outcome: 'sent',
        id: expect.any(String),
      },
    ]);
    expect(harness.published('orders.paid')).toHaveLength(1);
    expect(harness.requested('orders.price')).toMatchObject([{ outcome: 'sent' }]);
    const handled = harness
      .handled()
      .map(({ kind, name, outcome }) => `${kind} ${name} ${outcome}`);
    expect(handled.toSorted()).toEqual([
      'event orders.paid done',
      'event orders.paid done',
      'request orders.price done',
      'task orders.pay done',
    ]);
    expect(harness.handled('orders.pay')[0]?.id).toBe(harness.enqueued()[0]?.id);
  });

  it('waits for handlers that do something else', async () => {
    orders.work = () => new Promise((resolve) => setTimeout(resolve, 30));
    await shop.buy(1);
    await harness.drain();
    expect(orders.paid).toEqual([1]);
  });

  it('has a clock: delayed tasks are never early and never late', async () => {
    expect(new Date(harness.clock.now()).getUTCFullYear()).toBe(2030);
    await shop.buy(1, '30s');
    await harness.drain();
    await harness.clock.advance(29_999);
    expect(orders.paid).toEqual([]);
    await harness.clock.advance('1ms');
    expect(orders.paid).toEqual([1]);
    expect(harness.clock.now()).toBe(Date.UTC(2030, 0, 1) + 30_000);
  });

  it('goes on to what is delayed, only if it is told to', async () => {
    await shop.buy(1, '2h');
    await shop.buy(2, '1h');
    await harness.drain({ delayed: true });
    expect(orders.paid).toEqual([2, 1]);
    expect(harness.clock.now()).toBe(Date.UTC(2030, 0, 1, 2));
  });

  it('fails the next handlings: retries and dead letters come by the clock', async () => {
    harness.faults.fail('orders.pay', { times: 2 });
    await shop.buy(1);
    await harness.drain();
    expect(orders.paid).toEqual([]);
    await harness.clock.advance('1h');
    await harness.clock.advance('1h');
    expect(orders.paid).toEqual([1]);
    expect(harness.handled('orders.pay').map(({ attempt, outcome }) => [attempt, outcome])).toEqual(
      [
        [1, 'retried'],
        [2, 'retried'],
        [3, 'done'],
      ],
    );

    harness.faults.fail('orders.pay', { times: 3, error: new Error('no money') });
    await shop.buy(2);
    await harness.drain({ delayed: true });
    expect(await harness.deadLetters('orders.pay')).toMatchObject([
      { data: { id: 2 }, attempts: 3, error: { message: 'no money' } },
    ]);
    expect(await harness.deadLetters('orders.other')).toEqual([]);
  });

  it('fails requests, and events of one handler', async () => {
    harness.faults.fail('orders.price', { error: new Error('no price') });
    await expect(shop.broker.request('orders.price', { id: 1 })).rejects.toThrow('no price');
    expect(await shop.broker.request('orders.price', { id: 1 })).toBe(100);
  });

  it('delays handlings by its clock, and time-outs meet them there', async () => {
    harness.faults.delay('orders.pay', '10s');
    await shop.buy(1);
    await harness.clock.advance('9s');
    expect(orders.paid).toEqual([]);
    await harness.clock.advance('1s');
    expect(orders.paid).toEqual([1]);

    harness.faults.delay('orders.pay', '2m');
    await shop.buy(2);
    await harness.clock.advance('1m');
    expect(harness.handled('orders.pay')[1]).toMatchObject({
      outcome: 'retried',
      error: { code: 'TIMEOUT' },
    });
    await harness.drain({ delayed: true });
    expect(orders.paid).toEqual([1, 2]);
  });

  it('says what is left', async () => {
    await shop.broker.enqueue('mails.send', {});
    const error = await harness.drain().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'DrainError',
      code: 'TIMEOUT',
      left: [expect.stringMatching(/^task "mails\.send": 1 waiting, 0 running, no instance/)],
    });
    await shop.broker.cancel(harness.enqueued('mails.send')[0]!.id!);

    let end = (): void => undefined;
    orders.work = () => new Promise<void>((resolve) => (end = resolve));
    await shop.buy(1);
    await expect(harness.drain({ timeout: 20 })).rejects.toThrow(
      'there is work left after 20 ms:\n  task "orders.pay": 0 waiting, 1 running',
    );
    end();
    await harness.drain();
  });

  it('asserts', async () => {
    await shop.buy(1, '10s');
    await shop.buy(2);
    await harness.drain();
    harness.assert.enqueued('orders.pay', { times: 2 });
    harness.assert.enqueued('orders.pay', { data: { id: 1 }, options: { delay: 10_000 } });
    harness.assert.enqueued('orders.ship', { times: 0 });
    harness.assert.published('orders.paid', { data: { id: 2 } });
    harness.assert.requested('orders.price', { times: 1 });
    harness.assert.handled('orders.pay', { times: 1, data: { id: 2 } });
    expect(() => harness.assert.handled('orders.pay', { data: { id: 1 } })).toThrow(
      '"orders.pay" with {"data":{"id":1}} should have been handled at least once, and was 0 times; handled:\n  orders.pay {"id":2} done',
    );
    expect(() => harness.assert.enqueued('orders.pay', { options: { delay: 1 } })).toThrow(
      'was 0 times',
    );
    expect(() => harness.assert.published('orders.paid', { times: 0 })).toThrow('was 1 times');
    expect(() => harness.assert.requested('orders.other')).toThrow('requested:\n  orders.price');

    harness.clear();
    expect(harness.enqueued()).toEqual([]);
    expect(() => harness.assert.enqueued('orders.pay')).toThrow('enqueued:\n  nothing');
  });

  it('has what was sent, not what became of it in the hands of its sender', async () => {
    const order = { id: 1, at: new Date(0) };
    await shop.broker.enqueue('orders.pay', order);
    order.id = 2;
    expect(harness.enqueued()[0]?.data).toEqual({ id: 1, at: '1970-01-01T00:00:00.000Z' });
    await harness.drain();
  });

  it('ends while a handler hangs: time passes then', async () => {
    const aborted: unknown[] = [];
    const other = createBrokerHarness();
    const client = other.client({ appName: 'hanging' });
    @Controller()
    class Hanging {
      @OnTask('hang')
      hang(@Ctx() { signal }: BrokerContext): Promise<void> {
        return new Promise(() => {
          signal.addEventListener('abort', () => aborted.push(signal.reason));
        });
      }
    }
    const module = other.module({ appName: 'hanging', shutdown: { grace: 30 } });
    const builder = Test.createTestingModule({ imports: [module], controllers: [Hanging] });
    const app = await (await builder.compile()).init();
    await client.enqueue('hang');
    await other.clock.advance(0);
    expect(other.handled('hang')).toMatchObject([{ outcome: 'running' }]);
    await app.close();
    expect(aborted).toHaveLength(1);
    await client.close();
  });

  it('is a world of its own', async () => {
    const other = await start(createBrokerHarness());
    await shop.buy(1);
    await harness.drain();
    expect([orders.paid, other.orders.paid]).toEqual([[1], []]);
  });

  it('refuses what makes no sense', async () => {
    await expect(harness.clock.advance('soon')).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    await expect(harness.drain({ timeout: -1 })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    expect(() => harness.faults.fail('orders.pay', { times: 0 })).toThrow('times is 0');
    expect(() => harness.faults.delay('orders.pay', 'long')).toThrow('the delay is long');
  });
});
