import type {
  DurableEventHandler,
  EventHandler,
  HandlingContext,
  Health,
  RequestHandler,
  TaskHandler,
} from '../../lib/runtime/index.js';

/** What a handler of these tests is told to do, in this order. */
export interface Work {
  readonly n: number;
  /** Tell how old the last beat is. */
  readonly vitals?: boolean;
  /** The consumer that is to do what follows; any other has nothing to do. Absent: whoever gets it. */
  readonly only?: string;
  /** Keep the event loop busy for so long, in ms. */
  readonly block?: number;
  /** Wait until {@link Workshop.release}. */
  readonly hold?: boolean;
  /** Take so long, in ms. */
  readonly ms?: number;
  /** Kill the own process. */
  readonly die?: boolean;
  /** Fail in the first so many attempts. */
  readonly failures?: number;
  /** The service that is to fail in every attempt. */
  readonly failing?: string;
}

/** What happened in a process that takes part. */
export interface Fact {
  readonly what: string;
  /** Milliseconds on a clock that all processes of the machine share and nobody sets. */
  readonly at: number;
  readonly pid: number;
  readonly consumer?: string | undefined;
  readonly name?: string;
  readonly n?: number;
  readonly key?: string | undefined;
  readonly attempt?: number;
  readonly sinceBeat?: number | undefined;
  readonly reason?: string;
}

/** Calls `told` when the fact cannot be lost any more. */
export type Tell = (fact: Fact, told?: () => void) => void;

export const machineTime = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

/** Makes the handlers, which do what their message tells them, and tell what they do. */
export class Workshop {
  readonly #tell: Tell;
  readonly #vitals: () => Promise<Health>;
  readonly #held = new Map<number, () => void>();

  /** @param vitals what the broker says of itself */
  constructor(tell: Tell, vitals: () => Promise<Health>) {
    this.#tell = tell;
    this.#vitals = vitals;
  }

  task(options: Omit<TaskHandler, 'kind' | 'invoke'>): TaskHandler {
    const invoke = async (work: unknown, context: HandlingContext): Promise<void> =>
      await this.#handle(work as Work, context);
    return { kind: 'task', invoke, ...options };
  }

  /** Answers with what it was asked. */
  request(name: string): RequestHandler {
    const invoke: RequestHandler['invoke'] = async (work, context, next) => {
      await this.#handle(work as Work, context);
      void next(work);
    };
    return { kind: 'request', name, invoke };
  }

  event(name: string): EventHandler {
    const invoke = (work: unknown, context: HandlingContext): void =>
      this.#say('event', work as Work, context);
    return { kind: 'event', name, invoke };
  }

  /** Does what the event tells it, as a task does. */
  durable(name: string): DurableEventHandler {
    const durable = { from: 'new', subscription: '' } as const;
    return { ...this.task({ name }), kind: 'event', durable };
  }

  /** Lets a held handler go on. */
  release(n: number): void {
    const go = this.#held.get(n);
    if (go === undefined) throw new Error(`nobody holds ${n}`);
    this.#held.delete(n);
    go();
  }

  async #handle(work: Work, context: HandlingContext): Promise<void> {
    this.#say('started', work, context);
    context.signal.addEventListener('abort', () => this.#say('aborted', work, context));
    if (work.vitals === true) void this.#sayVitals(work, context);
    if (work.only === undefined || work.only === context.consumerId) await this.#do(work, context);
    if (context.attempt <= (work.failures ?? 0)) {
      this.#say('failed', work, context);
      throw new Error(`attempt ${context.attempt} of ${work.n} fails`);
    }
    if (context.consumerId.startsWith(`${work.failing}-`)) throw new Error(`${work.n} fails here`);
    this.#say('ended', work, context);
  }

  async #do({ n, block = 0, die, hold, ms = 0 }: Work, context: HandlingContext): Promise<void> {
    const end = machineTime() + block;
    while (machineTime() < end);
    if (hold === true) await new Promise<void>((go) => this.#held.set(n, go));
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    if (die === true) {
      await new Promise<void>((told) => this.#say('dying', { n }, context, told));
      process.kill(process.pid, 'SIGKILL');
    }
  }

  async #sayVitals({ n }: Work, { consumerId: consumer }: HandlingContext): Promise<void> {
    const at = machineTime();
    const { sinceBeat } = await this.#vitals();
    this.#tell({ what: 'vitals', at, pid: process.pid, consumer, n, sinceBeat });
  }

  #say(what: string, { n }: Work, context: HandlingContext, told?: () => void): void {
    const { consumerId: consumer, name, key, attempt } = context;
    this.#tell(
      { what, at: machineTime(), pid: process.pid, consumer, name, n, key, attempt },
      told,
    );
  }
}
