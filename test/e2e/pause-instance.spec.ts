import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { BrokerBalancer, OnRequest, OnTask, type BrokerOptions } from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, modes, testApp, testClient } from '../support/test-app.js';

interface Instance {
  readonly balancer: BrokerBalancer;
  readonly seen: Recorder<string>;
  /** Lets the tasks go on that say `wait`. */
  readonly release: () => void;
  /** Whether its health says that it is paused. */
  paused(): Promise<boolean | undefined>;
}

/** An instance that tells what its handlers got; one task at a time. */
async function instance(broker: BrokerOptions): Promise<Instance> {
  const seen = new Recorder<string>();
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  @Controller()
  class Work {
    @OnTask('work')
    async work(@Payload() what: string): Promise<void> {
      seen.record(what);
      if (what === 'wait') await released;
    }

    @OnRequest('who')
    who(): string | undefined {
      return broker.instanceName;
    }
  }
  const { app, broker: client } = await testApp({ broker, controllers: [Work] });
  const paused = async (): Promise<boolean | undefined> => (await client.health()).instancePaused;
  return { balancer: app.get(BrokerBalancer), seen, release, paused };
}

describe.each(modes)('a paused instance, %s', (mode) => {
  it.each(['competing', 'round_robin'] as const)(
    'takes nothing until it is resumed, its lane goes to others, what runs ends: %s',
    async (strategy) => {
      const options = brokerOptions(mode, { balancer: { strategy }, maxJobs: 1 });
      const one = await instance({ ...options, instanceName: 'one' });
      const client = testClient(options);
      await client.enqueue('work', 'wait');
      await one.seen.count(1);
      for (const what of ['1', '2', '3']) await client.enqueue('work', what);
      const two = await instance({ ...options, instanceName: 'two' });
      await two.balancer.pause(one.balancer.self);
      expect([...(await two.seen.count(3))].toSorted()).toEqual(['1', '2', '3']);
      expect(await one.paused()).toBe(true);
      expect(await two.paused()).toBeUndefined();
      for (let round = 0; round < 6; round += 1) {
        await client.enqueue('work', 'more');
        expect(await client.request('who')).toBe('two');
      }
      await two.seen.count(9);
      expect(await two.balancer.consumer(one.balancer.self!)).toMatchObject({
        paused: true,
        active: false,
        weight: 1,
        inFlight: 1,
        waiting: 0,
      });
      one.release();
      await eventually(async () =>
        expect(await two.balancer.consumer(one.balancer.self!)).toMatchObject({
          inFlight: 0,
          processed: 1,
        }),
      );
      expect(one.seen.all).toEqual(['wait']);
      await one.balancer.resume();
      await two.balancer.pause();
      await eventually(async () => expect(await one.paused()).toBeUndefined());
      expect(await client.request('who')).toBe('one');
      await client.enqueue('work', 'again');
      expect(await one.seen.count(2)).toEqual(['wait', 'again']);
    },
  );

  it('keeps its work waiting when it is the only one', async () => {
    const options = brokerOptions(mode, { balancer: { strategy: 'weighted' } });
    const one = await instance(options);
    const client = testClient(options);
    await one.balancer.pause();
    await eventually(async () => expect(await one.paused()).toBe(true));
    await client.enqueue('work', 'later');
    const { names } = await client.stats();
    expect(names.find(({ name }) => name === 'work')).toMatchObject({ waiting: 1, running: 0 });
    await one.balancer.resume();
    expect(await one.seen.count(1)).toEqual(['later']);
  });

  it('is named by its id', async () => {
    const options = brokerOptions(mode);
    const one = await instance(options);
    await expect(one.balancer.pause('nobody')).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    await expect(one.balancer.resume('nobody')).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });
});
