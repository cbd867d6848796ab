import type { BalanceStrategy } from '../../lib/balancer/index.js';
import type { ConsumerInfo, MessageQuery } from '../../lib/backend/index.js';
import type {
  BrokerObserver,
  BrokerStats,
  EventOptions,
  Handler,
  PausedQueue,
  ReplyObserver,
  RequestOptions,
  Runtime,
  RuntimeEvents,
  Strategy,
  TaskToSend,
} from '../../lib/runtime/index.js';

export interface SentRequest {
  readonly name: string;
  readonly data: unknown;
  readonly options: RequestOptions;
  readonly observer: ReplyObserver;
  givenUp: boolean;
}

type Listener = (value: never) => void;

/** A runtime that only notes what it is asked to do. */
export class FakeRuntime implements Runtime {
  readonly tasks: TaskToSend[] = [];
  readonly events: (readonly [name: string, data: unknown, options: EventOptions | undefined])[] =
    [];
  readonly requests: SentRequest[] = [];
  readonly cancelled: string[] = [];
  readonly listeners = new Map<keyof RuntimeEvents, Listener[]>();
  readonly observers: BrokerObserver[] = [];
  readonly pauses: (readonly [PausedQueue, boolean])[] = [];
  readonly memberPauses: (readonly [consumer: string, paused: boolean])[] = [];
  connects = 0;
  closes = 0;
  drains = 0;
  starts = 0;
  readonly handled: Handler[] = [];
  /** What `connect` returns; a test may hold it back or let it fail. */
  connecting: Promise<void> = Promise.resolve();
  letters: Awaited<ReturnType<Runtime['deadLetters']['list']>> = [];
  consumerId: string | undefined;
  strategy: Strategy = 'competing';
  readonly provided: BalanceStrategy[] = [];
  readonly weights: (readonly [consumer: string, weight: number])[] = [];
  /** Whom `setWeight` and `stats` know. */
  consumers: readonly ConsumerInfo[] = [];

  readonly sender: Runtime['sender'] = {
    enqueue: (tasks) => {
      this.tasks.push(...tasks);
      return Promise.resolve(tasks.map(({ name }) => ({ id: `${name}:1`, duplicate: false })));
    },
    publish: (name, data, options) => {
      this.events.push([name, data, options]);
      return Promise.resolve();
    },
    request: (name, data, options, observer) => {
      const request = { name, data, options, observer, givenUp: false };
      this.requests.push(request);
      return () => (request.givenUp = true);
    },
    cancel: (id) => {
      this.cancelled.push(id);
      return Promise.resolve('removed');
    },
  };

  readonly deadLetters: Runtime['deadLetters'] = {
    list: () => Promise.resolve(this.letters),
    replay: (entries) => Promise.resolve(entries.length),
    drop: (entries) => Promise.resolve(entries.length),
  };

  /** What `messages` and `queues` find, and what was asked of the first. */
  found: Awaited<ReturnType<Runtime['inspector']['messages']>> = { messages: [], looked: 0 };
  queues: Awaited<ReturnType<Runtime['inspector']['queues']>> = [];
  readonly queries: MessageQuery[] = [];
  readonly inspector: Runtime['inspector'] = {
    messages: (query) => {
      this.queries.push(query);
      return Promise.resolve(this.found);
    },
    queues: () => Promise.resolve(this.queues),
  };

  provideStrategy(strategy: BalanceStrategy): void {
    this.provided.push(strategy);
  }

  setWeight(consumer: string, weight: number): Promise<boolean> {
    this.weights.push([consumer, weight]);
    return Promise.resolve(this.consumers.some(({ id }) => id === consumer));
  }

  pause(queue: PausedQueue, paused: boolean): Promise<void> {
    this.pauses.push([queue, paused]);
    return Promise.resolve();
  }

  pauseMember(consumer: string, paused: boolean): Promise<boolean> {
    this.memberPauses.push([consumer, paused]);
    return Promise.resolve(this.consumers.some(({ id }) => id === consumer));
  }

  handle(handler: Handler): void {
    this.handled.push(handler);
  }

  connect(): Promise<void> {
    this.connects += 1;
    return this.connecting;
  }

  start(): Promise<void> {
    this.starts += 1;
    return this.connecting;
  }

  drain(): Promise<void> {
    this.drains += 1;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closes += 1;
    return Promise.resolve();
  }

  health(): ReturnType<Runtime['health']> {
    return Promise.resolve({
      status: 'down',
      live: true,
      ready: false,
      link: 'down',
      consuming: true,
    });
  }

  /** Only `consumers` is faked. */
  stats(): ReturnType<Runtime['stats']> {
    return Promise.resolve({ consumers: this.consumers } as BrokerStats);
  }

  observe(observer: BrokerObserver): () => void {
    this.observers.push(observer);
    return () => this.observers.splice(this.observers.indexOf(observer), 1);
  }

  on(event: keyof RuntimeEvents, listener: Listener): () => void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
    return () => {
      const others = this.listeners.get(event)?.filter((other) => other !== listener);
      this.listeners.set(event, others ?? []);
    };
  }

  emit<E extends keyof RuntimeEvents>(event: E, value: RuntimeEvents[E]): void {
    for (const listener of this.listeners.get(event) ?? []) listener(value as never);
  }
}
