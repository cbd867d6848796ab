import { Counter, Histogram } from 'prom-client';
import type {
  BrokerObserver,
  HandledMessage,
  HandlingWatch,
  SendingWatch,
  SentMessage,
} from '../../runtime/index.js';
import { BoundedNames } from './bounded-names.js';
import type { MetricsParts } from './metrics-parts.js';

/** What this process sends and handles. Its labels are kind, name and outcome. */
export class MessageMetrics implements BrokerObserver {
  /** Those that were registered. */
  readonly registered: readonly string[];
  readonly #names: BoundedNames;
  readonly #sent: Counter<'kind' | 'name' | 'outcome'>;
  readonly #waited: Histogram<'kind' | 'name'>;
  readonly #handled: Histogram<'kind' | 'name' | 'outcome'>;

  constructor({ registry, prefix, buckets, maxNames }: MetricsParts) {
    const registers = [registry];
    this.#names = new BoundedNames(maxNames);
    const names = [
      `${prefix}sent_total`,
      `${prefix}wait_seconds`,
      `${prefix}handling_seconds`,
    ] as const;
    this.registered = names;
    const [sent, wait, handling] = names;
    this.#sent = new Counter({
      name: sent,
      help: 'Messages this process sent: sent, duplicate, failed, given-up.',
      labelNames: ['kind', 'name', 'outcome'],
      registers,
    });
    this.#waited = new Histogram({
      name: wait,
      help: 'From the moment a task or request could be read to the call of its handler in this process.',
      labelNames: ['kind', 'name'],
      buckets: [...buckets],
      registers,
    });
    this.#handled = new Histogram({
      name: handling,
      help: 'From the call of a handler in this process to its outcome: done, failed, retried, dead, cancelled, expired, released, lost.',
      labelNames: ['kind', 'name', 'outcome'],
      buckets: [...buckets],
      registers,
    });
  }

  sending({ kind, name: whole }: SentMessage): SendingWatch {
    const name = this.#names.of(whole);
    return { ended: ({ outcome }) => this.#sent.inc({ kind, name, outcome }) };
  }

  handling({ kind, name: whole, waited }: HandledMessage): HandlingWatch {
    const name = this.#names.of(whole);
    if (waited !== undefined) this.#waited.observe({ kind, name }, waited / 1_000);
    return {
      ended: ({ outcome, duration }) =>
        this.#handled.observe({ kind, name, outcome }, duration / 1_000),
    };
  }
}
