import { Controller, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import {
  BrokerBalancer,
  BrokerClient,
  BrokerModule,
  OnEvent,
  OnRequest,
  OnTask,
  type BrokerError,
  type SendOutcome,
} from 'nestjs-broker';
import { createBrokerHarness } from 'nestjs-broker/testing';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Proxy } from '../support/proxy.js';
import { sharedRedis } from '../support/redis-server.js';
import { brokerOptions, closing, moduleOf, quiet } from '../support/test-app.js';

interface Scene {
  readonly app: INestApplicationContext;
  readonly cut: () => void;
  readonly mend: () => void;
}

/** A handler that is at work while the connection is lost. */
class Work {
  readonly done: string[] = [];
  begun = 0;
  goOn = (): void => undefined;
  readonly waiting = new Promise<void>((resolve) => (this.goOn = resolve));
}

function worker(work: Work) {
  @Controller()
  class Worker {
    @OnTask('wait')
    async wait(): Promise<void> {
      work.begun += 1;
      await work.waiting;
      work.done.push('wait');
    }

    @OnTask('note')
    note(@Payload('text') text: string): void {
      work.done.push(text);
    }

    @OnRequest('ask')
    ask(): number {
      return 1;
    }

    @OnEvent('told')
    told(): void {
      work.done.push('told');
    }
  }
  return Worker;
}

async function onRedis(work: Work, outcome: SendOutcome): Promise<Scene> {
  const proxy = closing(await Proxy.start(sharedRedis()));
  const options = { ...brokerOptions('redis'), redis: { url: proxy.url } };
  const imports = [BrokerModule.forRoot(options)];
  const module = moduleOf({ imports, controllers: [worker(work)] });
  const app = closing(await NestFactory.createApplicationContext(module, quiet));
  let mend = (): void => proxy.accept();
  const cut = (): void => {
    if (outcome === 'unknown') {
      const hole = proxy.blackHole({ direction: 'replies' });
      mend = () => hole.heal('cut');
    } else {
      proxy.refuse();
      proxy.cut();
    }
  };
  return { app, cut, mend: () => mend() };
}

async function inHarness(work: Work, outcome: SendOutcome): Promise<Scene> {
  const harness = createBrokerHarness();
  const imports = [harness.module(brokerOptions('memory'))];
  const module = moduleOf({ imports, controllers: [worker(work)] });
  const app = closing(await NestFactory.createApplicationContext(module, quiet));
  const cut = (): void => harness.faults.disconnect({ outcome });
  return { app, cut, mend: () => harness.faults.reconnect() };
}

async function failureOf(call: Promise<unknown>): Promise<object | string> {
  const error = await call.then(
    () => undefined,
    (thrown: BrokerError) => thrown,
  );
  if (error === undefined) return 'no error';
  return { code: error.code, outcome: error.outcome, retryable: error.retryable };
}

/** What a lost connection does to everything that is under way, and what comes of it. */
async function lose({ app, cut, mend }: Scene, work: Work, outcome: SendOutcome): Promise<object> {
  const broker = app.get(BrokerClient);
  const balancer = app.get(BrokerBalancer);
  const links: string[] = [];
  let gaps = 0;
  broker.on('link', (state) => links.push(state));
  broker.on('gap', () => (gaps += 1));
  await broker.enqueue('wait');
  await eventually(() => expect(work.begun).toBe(1));
  expect(await broker.request('ask')).toBe(1);

  cut();
  if (outcome === 'not-sent') await eventually(() => expect(links).toEqual(['down']));
  const calls = {
    enqueue: broker.enqueue('note', { text: 'one' }),
    enqueueMany: broker.enqueueMany([{ name: 'note', data: { text: 'two' } }]),
    publish: broker.publish('told'),
    reads: broker.stats(),
    letters: broker.deadLetters.list(),
    consumers: balancer.consumers(),
    pause: broker.pause('other'),
    cancel: broker.cancel('note:1'),
  };
  const request = failureOf(broker.request('ask'));
  const failures = await Promise.all(
    Object.entries(calls).map(async ([name, call]) => [name, await failureOf(call)] as const),
  );
  const { status, ready, live, reason } = await broker.health();
  work.goOn();

  mend();
  await eventually(() => expect(work.done).toContain('wait'));
  await eventually(() => expect(gaps).toBe(1));
  await eventually(async () => expect((await broker.health()).status).toBe('up'));
  await eventually(async () => expect(await broker.request('ask')).toBe(1));
  await broker.enqueue('note', { text: 'after' });
  await eventually(() => expect(work.done).toContain('after'));
  await eventually(async () => {
    const { names, counters } = await broker.stats();
    expect(names.every(({ waiting, running }) => waiting + running === 0)).toBe(true);
    expect(counters.stale + counters.lost).toBe(0);
  });
  return {
    failures: Object.fromEntries(failures),
    request: await request,
    health: { status, ready, live, hasReason: reason !== undefined },
    done: work.done.filter((what) => what !== 'told').toSorted(),
    begun: work.begun,
    gaps,
    links,
  };
}

describe('a connection cut by the harness', () => {
  it('does what the loss of a Redis does', async () => {
    const outcomes: readonly SendOutcome[] = ['not-sent', 'unknown'];
    const scenes = [onRedis, inHarness].map((make) =>
      outcomes.map(async (outcome) => {
        const work = new Work();
        return await lose(await make(work, outcome), work, outcome);
      }),
    );
    const [real, cut] = await Promise.all(scenes.map((all) => Promise.all(all)));
    // with Redis, the time-out of a request and that of its sending end at the same moment
    const codes = [{ code: 'TIMEOUT' }, { code: 'BACKEND_UNAVAILABLE' }];
    const request = expect.toBeOneOf(codes.map((code) => expect.objectContaining(code)));
    const unavailable = expect.objectContaining({ code: 'BACKEND_UNAVAILABLE' });
    expect(real).toEqual(cut!.map((facts) => ({ ...facts, request })));
    expect(cut).toEqual(cut!.map((facts) => ({ ...facts, request: unavailable })));
    expect(real).toMatchObject([
      { failures: { enqueue: { code: 'BACKEND_UNAVAILABLE', outcome: 'not-sent' } } },
      { failures: { enqueue: { code: 'BACKEND_UNAVAILABLE', outcome: 'unknown' } } },
    ]);
  });
});
