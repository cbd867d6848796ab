import { Controller, Injectable } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { OnRequest, OnTask, type BrokerContext, type BrokerOptions } from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { brokerOptions, modes, testApp, testClient } from '../support/test-app.js';
import { Fleet, messages, tally, type Message } from './fleet.js';

/** Handlers in two queues, which run until the fleet lets them go. */
function inTwoQueues(fleet: Fleet, at: string): new () => object {
  @Controller()
  class TwoQueues {
    @OnTask('light')
    async light(@Payload() data: Message, @Ctx() context: BrokerContext): Promise<void> {
      await fleet.handle(at, data, context);
    }

    @OnTask('heavy', { queue: 'heavy' })
    async heavy(@Payload() data: Message, @Ctx() context: BrokerContext): Promise<void> {
      await fleet.handle(at, data, context);
    }

    @OnTask('bounded', { concurrency: 1 })
    async bounded(@Payload() data: Message, @Ctx() context: BrokerContext): Promise<void> {
      await fleet.handle(at, data, context);
    }

    @OnRequest('price')
    price(@Payload() data: Message): Message {
      return data;
    }

    @OnRequest('quote', { queue: 'heavy' })
    async quote(@Payload() data: Message, @Ctx() context: BrokerContext): Promise<string> {
      return await fleet.handle(at, data, context);
    }
  }
  return TwoQueues;
}

describe.each(modes)('queues (%s)', (mode) => {
  async function open(options: BrokerOptions, weights: Record<string, number> = { a: 1 }) {
    const fleet = new Fleet(mode, { queues: { heavy: {} }, ...options });
    for (const [at, weight] of Object.entries(weights)) {
      const controllers = [inTwoQueues(fleet, at)];
      await fleet.join(at, { controllers, broker: { balancer: { weight } } });
    }
    return fleet;
  }
  const send = async (fleet: Fleet, name: string, count: number): Promise<void> =>
    void (await fleet.client.enqueueMany(messages(count).map((data) => ({ name, data }))));
  const runsOf = (fleet: Fleet, name: string) => fleet.runs.filter((run) => run.name === name);
  const waitingOf = async (fleet: Fleet, name: string): Promise<number | undefined> =>
    (await fleet.stats()).names.find((stats) => stats.name === name)?.waiting;

  it.each(['competing', 'round_robin'] as const)(
    'do not delay each other: a backlog in one is none in another (%s)',
    async (strategy) => {
      const fleet = await open({
        maxJobs: 1,
        queues: { heavy: { maxJobs: 2 } },
        balancer: { strategy },
      });
      await send(fleet, 'heavy', 20);
      await eventually(() => runsOf(fleet, 'heavy').length === 2);
      await send(fleet, 'light', 1);
      await eventually(() => runsOf(fleet, 'light').length === 1);
      expect([runsOf(fleet, 'heavy').length, await waitingOf(fleet, 'heavy')]).toEqual([2, 18]);
      // and the other way round
      await send(fleet, 'light', 5);
      fleet.release();
      await eventually(() => runsOf(fleet, 'heavy').length === 4);
      await eventually(() => runsOf(fleet, 'light').length === 2);
      expect(await waitingOf(fleet, 'heavy')).toBe(16);
    },
  );

  it.each(['competing', 'least_conn'] as const)(
    'keep requests apart from tasks: a backlog of tasks delays no request (%s)',
    async (strategy) => {
      const fleet = await open({ maxJobs: 1, rpc: { maxJobs: 1 }, balancer: { strategy } });
      await send(fleet, 'light', 30);
      await eventually(() => fleet.runs.length === 1);
      for (let n = 0; n < 5; n += 1) {
        expect(await fleet.client.request('price', { n })).toEqual({ n });
      }
      expect([fleet.runs.length, await waitingOf(fleet, 'light')]).toEqual([1, 29]);
    },
  );

  it('bound tasks and requests of the queue each', async () => {
    const fleet = await open({ queues: { heavy: { maxJobs: 1 } } });
    await send(fleet, 'heavy', 3);
    const replies = messages(2).map((data) => fleet.client.request('quote', data));
    await eventually(() => fleet.runs.length === 2);
    expect(fleet.runs.map(({ kind }) => kind).toSorted()).toEqual(['request', 'task']);
    fleet.release();
    await eventually(() => fleet.runs.length === 4);
    fleet.release();
    await eventually(() => fleet.runs.length === 5);
    fleet.release();
    expect(await Promise.all(replies)).toEqual(['a', 'a']);
  });

  it('hold up nobody else with a handler that has a bound of its own', async () => {
    const fleet = await open({ maxJobs: 3, balancer: { strategy: 'round_robin' } });
    await send(fleet, 'bounded', 10);
    await eventually(() => runsOf(fleet, 'bounded').length === 1);
    await send(fleet, 'light', 2);
    await eventually(() => runsOf(fleet, 'light').length === 2);
    expect(runsOf(fleet, 'bounded')).toHaveLength(1);
  });

  it('follow a strategy each', async () => {
    const queues = { heavy: { strategy: 'weighted' } } as const;
    const balancer = { strategy: 'round_robin' } as const;
    const fleet = await open({ balancer, queues }, { a: 1, b: 3 });
    await send(fleet, 'light', 8);
    await send(fleet, 'heavy', 8);
    await eventually(() => fleet.runs.length === 16);
    expect(tally(runsOf(fleet, 'light'))).toEqual({ a: 4, b: 4 });
    expect(tally(runsOf(fleet, 'heavy'))).toEqual({ a: 2, b: 6 });
    fleet.release();
    await fleet.done(16);
  });

  it('that a handler names and the service does not have stop the start', async () => {
    @Controller()
    class Lost {
      @OnTask('film', { queue: 'heavy' })
      film(): void {}
    }
    const broker = brokerOptions(mode, { queues: { render: {} } });
    const refused = testApp({ broker, controllers: [Lost] });
    await expect(refused).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message:
        'the handler of the task "film" is in the queue "heavy", which this service does not have; its queues: default, render',
    });
    expect((await testClient(broker).stats()).consumers).toEqual([]);
  });

  it('are named in providers as well as in controllers', async () => {
    const ran: string[] = [];
    @Injectable()
    class Films {
      @OnTask('film', { queue: 'heavy' })
      film(): void {
        ran.push('film');
      }
    }
    const broker = brokerOptions(mode, { queues: { heavy: { maxJobs: 1 } } });
    const app = await testApp({ broker, providers: [Films] });
    await app.broker.enqueue('film');
    await eventually(() => ran.length === 1);
  });
});
