import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { BrokerBalancer, OnTask, type BrokerOptions } from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, modes, testApp, testClient, type TestApp } from '../support/test-app.js';

/** An instance that tells what its handler got. */
async function instance(broker: BrokerOptions, seen: Recorder<string>): Promise<TestApp> {
  @Controller()
  class Work {
    @OnTask('work')
    work(@Payload() what: string): void {
      seen.record(what);
    }
  }
  return await testApp({ broker, controllers: [Work] });
}

/** Resolves when the instance has heard that it is drained: until then it may take what waits. */
function drain(instance: BrokerBalancer): Promise<unknown> {
  const heard = new Promise<void>((resolve) => {
    const stop = instance.on('weight', ({ id, weight }) => {
      if (id !== instance.self || weight !== 0) return;
      stop();
      resolve();
    });
  });
  return Promise.all([instance.setWeight(0), heard]);
}

describe.each(modes)('a drained instance, %s', (mode) => {
  it('gets nothing new by the read that waits already: competing', async () => {
    const options = brokerOptions(mode);
    const [drained, other] = [new Recorder<string>(), new Recorder<string>()];
    const one = await instance(options, drained);
    const two = await instance(options, other);
    const client = testClient(options);
    await client.connect();
    const [first, second] = [one, two].map(({ app }) => app.get(BrokerBalancer));
    for (let round = 1; round <= 10; round += 1) {
      // it reads anew, so the other one has waited for longer, and would be served first
      await second!.setWeight(0);
      await second!.setWeight(1);
      await drain(first!);
      await client.enqueue('work', `round ${round}`);
      await other.count(round);
      await first!.setWeight(1);
    }
    expect(drained.all).toEqual([]);
  });
});
