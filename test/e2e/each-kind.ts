import { Controller } from '@nestjs/common';
import { OnEvent, OnRequest, OnTask, type BrokerOptions } from 'nestjs-broker';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { testClient } from '../support/test-app.js';

/** A controller whose handlers tell that they ran. */
export function listener(): {
  readonly Listener: new () => object;
  readonly seen: Recorder<string>;
} {
  const seen = new Recorder<string>();
  @Controller()
  class Listener {
    @OnTask('task')
    task(): void {
      seen.record('task');
    }

    @OnEvent('event')
    event(): void {
      seen.record('event');
    }

    @OnRequest('request')
    request(): string {
      seen.record('request');
      return 'reply';
    }
  }
  return { Listener, seen };
}

/** Sends one of each kind from outside the app: each is handled, and once. */
export async function expectOnce(options: BrokerOptions, seen: Recorder<string>): Promise<void> {
  const client = testClient(options);
  await client.enqueue('task');
  await client.publish('event');
  expect(await client.request('request')).toBe('reply');
  await seen.count(3);
  await eventually(async () => expect((await client.stats()).counters.done).toBe(2));
  expect([...seen.all].toSorted()).toEqual(['event', 'request', 'task']);
}
