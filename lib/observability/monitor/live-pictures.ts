import { Observable, type Subscriber } from 'rxjs';
import type { BrokerStats, Runtime } from '../../runtime/index.js';
import type { About, LiveEvent, Picture, Sample } from './picture.js';
import { ProcessLatency } from './process-latency.js';

/** How far apart two looks at the backend are, and how far back samples are kept, in ms. */
export const EVERY = 1_000;
export const SPAN = 300_000;
const MOST = 500;

/** Looks at the app once a second while somebody watches, once for all who do, and not at all otherwise. */
export class LivePictures {
  readonly #runtime: Runtime;
  readonly #about: About;
  /** With whether they have got their first event. */
  readonly #watchers = new Map<Subscriber<LiveEvent>, boolean>();
  #samples: Sample[] = [];
  #last: { readonly picture: Picture; readonly lookedAt: number } | undefined;
  #latency: ProcessLatency | undefined;
  #unobserve: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #closed = false;

  constructor(runtime: Runtime, about: About) {
    this.#runtime = runtime;
    this.#about = about;
  }

  /** Whether every stream has ended for good. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** A picture and the samples of the last minutes, then a picture a second. */
  watch(): Observable<LiveEvent> {
    return new Observable((subscriber) => {
      if (this.#closed) {
        subscriber.complete();
        return undefined;
      }
      this.#watchers.set(subscriber, false);
      const wait = this.#untilNext();
      if (wait > 0 && this.#last !== undefined) this.#send(subscriber, this.#last.picture, []);
      this.#begin(wait);
      return () => {
        this.#watchers.delete(subscriber);
        if (this.#watchers.size === 0) this.#end();
      };
    });
  }

  /** Ends every stream, so that the HTTP server can close. */
  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers.keys()) watcher.complete();
    this.#end();
  }

  /** How long the last picture is still fresh, in ms: those who come and go cost no further looks. */
  #untilNext(): number {
    return this.#last === undefined ? 0 : this.#last.lookedAt + EVERY - performance.now();
  }

  #begin(wait: number): void {
    if (this.#unobserve === undefined) {
      this.#latency = new ProcessLatency();
      this.#unobserve = this.#runtime.observe(this.#latency);
    }
    if (this.#timer === undefined && !this.#looking) this.#schedule(wait);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unobserve?.();
    this.#unobserve = undefined;
  }

  async #tick(): Promise<void> {
    this.#timer = undefined;
    this.#looking = true;
    const [picture, sample] = await this.#look();
    this.#looking = false;
    this.#last = { picture, lookedAt: performance.now() };
    if (sample !== undefined) {
      this.#samples = this.#samples.filter(({ at }) => at > sample.at - SPAN);
      this.#samples.push(sample);
    }
    const news = sample === undefined ? [] : [sample];
    for (const watcher of this.#watchers.keys()) this.#send(watcher, picture, news);
    if (this.#watchers.size === 0) return;
    this.#schedule(EVERY);
  }

  #schedule(wait: number): void {
    this.#timer = setTimeout(() => void this.#tick(), Math.max(0, wait)).unref();
  }

  /** The first time with everything that is kept. */
  #send(watcher: Subscriber<LiveEvent>, picture: Picture, news: readonly Sample[]): void {
    const isFollowing = this.#watchers.get(watcher);
    this.#watchers.set(watcher, true);
    if (isFollowing === true) watcher.next({ picture, samples: news });
    else watcher.next({ about: this.#about, picture, samples: this.#samples });
  }

  /** Never rejects: what cannot be asked shows in the health. */
  async #look(): Promise<readonly [Picture, Sample | undefined]> {
    const runtime = this.#runtime;
    const health = await runtime.health();
    const self = runtime.consumerId === undefined ? {} : { self: runtime.consumerId };
    const nothing = { health, queues: [], names: 0, instances: 0, ...self };
    if (health.link !== 'up') return [nothing, undefined];
    try {
      const [stats, queues] = await Promise.all([runtime.stats(), runtime.inspector.queues()]);
      const [names, instances] = [stats.names.length, stats.consumers.length];
      const picture = { ...nothing, stats: busiest(stats), queues, names, instances };
      return [picture, this.#toSample(stats)];
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return [{ ...nothing, health: { ...health, status: 'down', reason } }, undefined];
    }
  }

  #toSample({ at, names, delayed, deadLetters, counters }: BrokerStats): Sample {
    const { added, done, retried, dead } = counters;
    const latency = this.#latency?.take();
    return {
      at,
      added,
      done,
      retried,
      dead,
      waiting: names.reduce((sum, name) => sum + name.waiting, 0),
      running: names.reduce((sum, name) => sum + name.running, 0),
      delayed,
      deadLetters,
      oldest: Math.max(0, ...names.map(({ oldest = 0 }) => oldest)),
      ...(latency === undefined ? {} : { latency }),
    };
  }
}

/** Bounded, whatever the app has. */
function busiest(stats: BrokerStats): BrokerStats {
  const { names, consumers } = stats;
  if (names.length <= MOST && consumers.length <= MOST) return stats;
  return {
    ...stats,
    names: names.toSorted((a, b) => b.waiting + b.running - a.waiting - a.running).slice(0, MOST),
    consumers: consumers
      .toSorted((a, b) => b.waiting + b.inFlight - a.waiting - a.inFlight)
      .slice(0, MOST),
  };
}
