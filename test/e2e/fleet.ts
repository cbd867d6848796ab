import { Controller, type ModuleMetadata } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  OnRequest,
  OnTask,
  type BrokerClient,
  type BrokerContext,
  type BrokerOptions,
  type QueueStats,
} from 'nestjs-broker';
import { eventually } from '../support/eventually.js';
import {
  brokerOptions,
  testApp,
  testClient,
  type Mode,
  type TestApp,
} from '../support/test-app.js';

export type Kind = 'task' | 'request';

/** A message that was handed to a handler. */
export interface Run {
  /** Name of the instance. */
  readonly at: string;
  readonly kind: Kind;
  readonly name: string;
  readonly n: number;
  readonly key: string | undefined;
}

export interface Message {
  readonly n: number;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface MemberOptions extends ModuleMetadata {
  readonly broker?: BrokerOptions;
}

/** Where a message is sent that says nothing else. */
const NAME = 'work';
/** Short, for tests that end while handlers wait to be let go; in ms. */
const GRACE = 200;

export const messages = (count: number, from = 0): Message[] =>
  Array.from({ length: count }, (_, i) => ({ n: from + i }));

/** Instances of one service, each an app of its own, with handlers that run until a test lets them go. */
export class Fleet {
  readonly options: BrokerOptions;
  /** Sends from outside, and knows nothing of the service's settings. */
  readonly client: BrokerClient;
  /** Everything that was started, oldest first. */
  readonly runs: Run[] = [];
  readonly #held: (readonly [at: string, go: () => void])[] = [];

  /** @param options what all instances have in common */
  constructor(mode: Mode | 'hybrid', options: BrokerOptions = {}) {
    const common = { service: 'fleet', shutdown: { grace: GRACE }, ...options };
    this.options =
      mode === 'hybrid' ? brokerOptions('redis', { ...common, mode }) : brokerOptions(mode, common);
    const { balancer: _balancer, queues: _queues, service: _service, ...rest } = this.options;
    this.client = testClient(rest);
  }

  /** Starts an instance. */
  async join(at: string, { broker = {}, ...module }: MemberOptions = {}): Promise<TestApp> {
    const own = {
      ...this.options,
      ...broker,
      instanceName: at,
      balancer: { ...this.options.balancer, ...broker.balancer },
    };
    const { controllers = [this.controller(at)], ...rest } = module;
    return await testApp({ broker: own, controllers, ...rest });
  }

  /** Starts an instance for each weight. */
  async joinAll(weights: Readonly<Record<string, number>>): Promise<void> {
    for (const [at, weight] of Object.entries(weights)) {
      await this.join(at, { broker: { balancer: { weight } } });
    }
  }

  /** Its handlers take one task and one request. */
  controller(at: string): new () => object {
    const handle = async (message: Message, context: BrokerContext): Promise<string> =>
      await this.handle(at, message, context);
    @Controller()
    class Member {
      @OnTask(NAME)
      async task(@Payload() message: Message, @Ctx() context: BrokerContext): Promise<void> {
        await handle(message, context);
      }

      @OnRequest(NAME)
      async request(@Payload() message: Message, @Ctx() context: BrokerContext): Promise<string> {
        return await handle(message, context);
      }
    }
    return Member;
  }

  /** What a handler does: it tells, and waits to be let go. */
  async handle(at: string, { n }: Message, { kind, name, key }: BrokerContext): Promise<string> {
    this.runs.push({ at, kind: kind as Kind, name, n, key });
    await new Promise<void>((go) => this.#held.push([at, go]));
    return at;
  }

  /** Lets handlers go that wait; those of one instance, or all. */
  release(at?: string): void {
    const others = this.#held.filter(([holder]) => at !== undefined && holder !== at);
    const going = this.#held.filter((one) => !others.includes(one));
    this.#held.splice(0, this.#held.length, ...others);
    for (const [, go] of going) go();
  }

  /** Sends; resolves when all of them run, to what ran. Nothing but that may be sent meanwhile. */
  async running(kind: Kind, batch: readonly Message[], by = this.client): Promise<readonly Run[]> {
    const before = this.runs.length;
    if (kind === 'task') {
      await by.enqueueMany(batch.map((data) => ({ name: NAME, data, options: optionsOf(data) })));
    } else {
      for (const data of batch) {
        const reply = by.request(NAME, data, { timeout: '20s', ...optionsOf(data) });
        // a reply that never comes is what a test sees in its runs
        reply.catch(() => undefined);
      }
    }
    await eventually(() => this.runs.length >= before + batch.length);
    return this.runs.slice(before);
  }

  /** Sends, lets go what runs, and resolves to how many ran where. */
  async shares(kind: Kind, count: number, by = this.client): Promise<Record<string, number>> {
    const before = (await this.stats()).counters.done;
    const runs = await this.running(kind, messages(count), by);
    this.release();
    await this.done(before + count);
    return tally(runs);
  }

  /** Resolves when so many are done in all. */
  async done(count: number): Promise<void> {
    await eventually(async () => {
      const { done } = (await this.stats()).counters;
      if (done !== count) throw new Error(`${done} are done, not ${count}`);
    });
  }

  async stats(): Promise<QueueStats> {
    return await this.client.stats();
  }
}

const optionsOf = ({ key, headers }: Message): Pick<Message, 'key' | 'headers'> => ({
  ...(key === undefined ? {} : { key }),
  ...(headers === undefined ? {} : { headers }),
});

/** How many ran where. */
export function tally(runs: readonly Run[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { at } of runs) counts[at] = (counts[at] ?? 0) + 1;
  return counts;
}
