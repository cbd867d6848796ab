import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { OnRequest, OnTask, type BrokerOptions } from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, modes, testApp, testClient, type TestApp } from '../support/test-app.js';

/** An instance whose handlers tell what they got. */
async function instance(broker: BrokerOptions, seen: Recorder<string>): Promise<TestApp> {
  @Controller()
  class Work {
    @OnTask('work')
    work(@Payload() what: string): void {
      seen.record(what);
    }

    @OnTask('other', { queue: 'second' })
    other(@Payload() what: string): void {
      seen.record(what);
    }

    @OnRequest('ask')
    ask(): string {
      return 'answer';
    }
  }
  return await testApp({ broker, controllers: [Work] });
}

const paused = async (...apps: readonly TestApp[]): Promise<(readonly string[] | undefined)[]> =>
  await Promise.all(apps.map(async ({ broker }) => (await broker.health()).paused));

describe.each(modes)('a paused queue, %s', (mode) => {
  it.each(['competing', 'round_robin'] as const)(
    'stands still in all instances, those that come later too, until it is resumed: %s',
    async (strategy) => {
      const options = brokerOptions(mode, { balancer: { strategy }, queues: { second: {} } });
      const seen = new Recorder<string>();
      const one = await instance(options, seen);
      const two = await instance(options, seen);
      const client = testClient(options);
      await client.pause();
      await eventually(async () =>
        expect(await paused(one, two)).toEqual([['t:default'], ['t:default']]),
      );
      for (const data of ['1', '2', '3', '4']) await client.enqueue('work', data);
      await client.enqueue('other', 'of another queue');
      expect(await client.request('ask')).toBe('answer');
      await seen.count(1);
      await one.app.close();
      const late = await instance(options, seen);
      expect(await paused(late)).toEqual([['t:default']]);
      const { names } = await client.stats();
      expect(names.find(({ name }) => name === 'work')).toMatchObject({ waiting: 4, running: 0 });
      expect(seen.all).toEqual(['of another queue']);
      await client.resume();
      await seen.count(5);
      expect([...seen.all].toSorted()).toEqual(['1', '2', '3', '4', 'of another queue']);
      await eventually(async () => expect(await paused(two, late)).toEqual([undefined, undefined]));
    },
  );

  it('may stop requests, too, and be one of another service', async () => {
    const options = brokerOptions(mode, { service: 'worker' });
    const app = await instance({ ...options, queues: { second: {} } }, new Recorder());
    const client = testClient({ ...options, service: 'admin' });
    await client.pause('default', { requests: true, service: 'worker' });
    await eventually(async () => expect((await paused(app))[0]).toHaveLength(2));
    const asking = client.request('ask', {}, { timeout: '20s' });
    await eventually(async () => {
      const { names } = await client.stats();
      expect(names.find(({ name }) => name === 'ask')).toMatchObject({ waiting: 1 });
    });
    await client.resume('default', { service: 'worker' });
    expect(await asking).toBe('answer');
  });

  it('has a name and options that are checked', async () => {
    const client = testClient(brokerOptions(mode));
    await expect(client.pause('')).rejects.toMatchObject({ code: 'INVALID_NAME' });
    await expect(client.pause('a', { all: true } as never)).rejects.toMatchObject({
      message: 'a pause has no option all, allowed: requests, service',
    });
  });
});
