import { readFileSync } from 'node:fs';
import { Controller, type Type } from '@nestjs/common';
import { OnEvent, OnRequest, OnTask, type BrokerOptions } from 'nestjs-broker';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { section, tableRows } from '../support/markdown.js';
import { sharedRedis } from '../support/redis-server.js';
import { brokerOptions, testApp } from '../support/test-app.js';
import { uniqueName } from '../support/unique-name.js';

@Controller()
class Tasks {
  @OnTask('work')
  work(): void {}
}

@Controller()
class HeavyTasks {
  @OnTask('heavy', { queue: 'heavy' })
  work(): void {}
}

@Controller()
class Requests {
  @OnRequest('ask')
  ask(): string {
    return 'answer';
  }
}

@Controller()
class Events {
  @OnEvent('told')
  told(): void {}
}

interface Case {
  readonly controllers: readonly Type[];
  readonly options?: BrokerOptions;
  /** Sends a request. */
  readonly asks?: boolean;
}

/** By what the README says that the process does. */
const CASES: Readonly<Record<string, Case>> = {
  'sends tasks and events': { controllers: [] },
  'sends requests, too': { controllers: [], asks: true },
  'handles events': { controllers: [Events] },
  'handles tasks, requests or durable events': { controllers: [Tasks] },
  'handles tasks and requests': { controllers: [Tasks, Requests, Events] },
  'handles tasks of two queues and requests': {
    controllers: [Tasks, HeavyTasks, Requests],
    options: { queues: { heavy: {} } },
  },
  'handles tasks and requests of a stream shared with Go-Broker': {
    controllers: [Tasks, Requests],
    options: { stream: uniqueName('stream'), group: 'group' },
  },
};

describe('the connections of a process', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const told = tableRows(section(readme, '### Connections of a process'));

  it('are told for every case that is counted here', () => {
    expect(told.map(([what]) => what)).toEqual(Object.keys(CASES));
  });

  it.each(told)('%s: %s', async (what = '', count = '') => {
    const { controllers, options, asks } = CASES[what]!;
    const broker = brokerOptions('redis', options);
    const { broker: client } = await testApp({ broker, controllers: [...controllers] });
    await client.enqueue('nobody', 1);
    if (asks === true) await expect(client.request('ask')).rejects.toThrow(/no live instance/);
    const admin = new Redis(sharedRedis().url);
    onTestFinished(() => admin.disconnect());
    await eventually(async () => {
      const list = String(await admin.client('LIST'));
      const own = list
        .split('\n')
        .filter((one) => one.includes(`nestjs-broker:${broker.appName}:`));
      expect(own).toHaveLength(Number(count));
    });
  });
});
