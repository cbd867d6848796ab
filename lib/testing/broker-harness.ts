import type { DynamicModule, Provider } from '@nestjs/common';
import type { Backend } from '../backend/index.js';
import { DeadLetters, type BrokerContract, type DeadLetter } from '../client/index.js';
import { resolveOptions, type BrokerOptions, type ResolvedOptions } from '../config/index.js';
import {
  BrokerClient,
  BrokerModule,
  openRuntime,
  RUNTIME_OPENER,
  toLog,
  type RuntimeOpener,
} from '../module/index.js';
import type { Runtime } from '../runtime/index.js';
import { CutBackend } from './cut-backend.js';
import { drain, type DrainOptions } from './drain.js';
import { Faults } from './faults.js';
import { HarnessAssert } from './harness-assert.js';
import { HarnessClock, ShutdownClock } from './harness-clock.js';
import { Line } from './line.js';
import { ManualClock } from './manual-clock.js';
import { Records, type HandledRecord, type SentRecord } from './records.js';

/** @publicApi */
export interface HarnessOptions {
  /** What the clock says at first. Default: the time of the machine. */
  readonly now?: Date | number;
}

/** What `Test.createTestingModule()` of `@nestjs/testing` returns, as far as it is needed here. */
interface TestingBuilder {
  overrideProvider(token: string): { useValue(value: unknown): unknown };
}

interface Opened {
  readonly options: ResolvedOptions;
  readonly runtime: Runtime;
  readonly backend: Backend;
}

/** More dead letters than a test has. */
const LETTERS = 10_000;
/** Turns of the event loop in which nothing calls the backend any more: everything has come to rest. Signs of life need fewer. */
const QUIET_TURNS = { busy: 4, idle: 2 };
const { setImmediate } = globalThis;

/**
 * Brokers in the memory of a test, with a clock that stands still until the test turns it, records of all that is
 * sent and handled, and faults on demand. Nothing of it is shared with other harnesses, so that test files and tests can run
 * side by side. Needs no test framework.
 * @publicApi
 */
export class BrokerHarness {
  readonly clock: HarnessClock;
  readonly faults: Faults;
  readonly assert: HarnessAssert;
  readonly #line = new Line();
  readonly #records = new Records();
  readonly #time: ShutdownClock;
  readonly #opened = new Set<Opened>();

  constructor({ now = Date.now() }: HarnessOptions = {}) {
    const clock = new ManualClock(Number(now));
    this.#time = new ShutdownClock(clock);
    this.clock = new HarnessClock(clock, () => this.#settle());
    this.faults = new Faults(clock, this.#line);
    this.assert = new HarnessAssert(this.#records);
  }

  /** In the place of `BrokerModule.forRoot()`: the same module in the memory of this harness. */
  module(options: BrokerOptions = {}): DynamicModule {
    const module = BrokerModule.forRoot(options);
    const providers = module.providers?.map((provider) =>
      isOpener(provider) ? { provide: RUNTIME_OPENER, useValue: this.#open } : provider,
    );
    return { ...module, ...(providers && { providers }) };
  }

  /**
   * For an app that imports `BrokerModule` already: its brokers, with the options they have, move into the memory of this harness,
   * whatever their mode. `await harness.override(Test.createTestingModule({ imports: [AppModule] })).compile()`
   */
  override<B extends TestingBuilder>(builder: B): B {
    builder.overrideProvider(RUNTIME_OPENER).useValue(this.#open);
    return builder;
  }

  /** A client of its own, of the same or another app, as `createBrokerClient()` makes one; `close()` it in the end. */
  client<C extends BrokerContract = BrokerContract>(given: BrokerOptions = {}): BrokerClient<C> {
    const options = resolveOptions(given);
    const create = async (): Promise<Runtime> =>
      (await this.#open(options, toLog(options.logger))).runtime;
    return new BrokerClient<C>({}, { options, create });
  }

  /** Tasks that were enqueued, oldest first. */
  enqueued(name?: string): readonly SentRecord[] {
    return this.#records.sent('task', name);
  }

  /** Events that were published, oldest first. */
  published(name?: string): readonly SentRecord[] {
    return this.#records.sent('event', name);
  }

  /** Requests that were sent, oldest first. */
  requested(name?: string): readonly SentRecord[] {
    return this.#records.sent('request', name);
  }

  /** Calls of handlers, oldest first: one for each attempt, and of an event one for each handler. */
  handled(name?: string): readonly HandledRecord[] {
    return this.#records.handled(name);
  }

  /** Messages that will not run again by themselves, oldest first. */
  async deadLetters(name?: string): Promise<DeadLetter[]> {
    const lists = this.#apps().map(({ backend, options }) =>
      new DeadLetters(
        () => Promise.resolve({ deadLetters: backend.deadLetters }),
        options.codec,
      ).list({ count: LETTERS }),
    );
    const letters = (await Promise.all(lists)).flat();
    return letters.filter((letter) => name === undefined || letter.name === name);
  }

  /**
   * Resolves when nothing waits and no handler runs, in all apps of this harness. Delayed tasks, and those that wait for
   * another attempt, stay where they are, unless `delayed` says otherwise.
   * @throws DrainError with what is left: work that takes longer than `timeout`, or that nobody handles
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    const { clock } = this;
    await drain(
      {
        clock,
        records: this.#records,
        backends: () => this.#apps().map(({ backend }) => backend),
        settle: () => this.#settle(),
      },
      options,
    );
  }

  /** Forgets what was recorded, ends all faults and reconnects; messages and time stay as they are. */
  clear(): void {
    this.#records.clear();
    this.faults.clear();
  }

  readonly #open: RuntimeOpener = async (configured, log) => {
    const options = inMemory(configured);
    const backends: Backend[] = [];
    const runtime = await openRuntime(options, log, {
      clock: this.#time,
      around: (backend) => {
        backends.push(backend);
        return new CutBackend(backend, this.#line);
      },
    });
    const [backend] = backends as [Backend];
    const opened = { options, runtime, backend };
    this.#opened.add(opened);
    runtime.observe(this.#records.observer(options.codec));
    this.#outfit(opened);
    return { options, runtime };
  };

  /** Faults before every handler; time for the end. */
  #outfit(opened: Opened): void {
    const { runtime } = opened;
    const [handle, drained, closed] = [
      runtime.handle.bind(runtime),
      runtime.drain.bind(runtime),
      runtime.close.bind(runtime),
    ];
    runtime.handle = (handler) => handle(this.faults.around(handler));
    runtime.drain = () => this.#time.during(drained());
    runtime.close = async () => {
      await this.#time.during(closed());
      this.#opened.delete(opened);
    };
  }

  /** One of each app that is connected; its brokers share what lies in it. */
  #apps(): readonly Opened[] {
    const connected = [...this.#opened].filter(({ backend }) => backend.link === 'up');
    const keyOf = ({ options: { prefix, appName } }: Opened): string =>
      JSON.stringify([prefix, appName]);
    return [...new Map(connected.map((opened) => [keyOf(opened), opened])).values()];
  }

  async #settle(): Promise<void> {
    const turns = (): number => QUIET_TURNS[this.#records.open.size > 0 ? 'busy' : 'idle'];
    for (let quiet = 0; quiet < turns(); quiet += 1) {
      const { calls } = this.#line;
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#line.calls !== calls) quiet = -1;
    }
  }
}

/** @publicApi */
export const createBrokerHarness = (options: HarnessOptions = {}): BrokerHarness =>
  new BrokerHarness(options);

const isOpener = (provider: Provider): boolean =>
  typeof provider === 'object' && provider.provide === RUNTIME_OPENER;

/** The same broker without any Redis. */
const inMemory = (options: ResolvedOptions): ResolvedOptions => ({
  ...options,
  mode: 'memory',
  turns: undefined,
  shared: undefined,
});
