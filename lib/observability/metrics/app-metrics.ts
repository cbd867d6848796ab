import { Counter, Gauge } from 'prom-client';
import type { BrokerStats, Health } from '../../runtime/index.js';
import { BoundedNames } from './bounded-names.js';
import type { MetricsParts } from './metrics-parts.js';

/** What is known at one moment; without its backend a process knows itself only. */
export interface Seen {
  readonly stats: BrokerStats | undefined;
  readonly health: Health;
}

export interface AppMetricsParts extends MetricsParts {
  /** Never rejects. */
  readonly look: () => Promise<Seen>;
}

interface GaugeParts {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly set: (gauge: Gauge, seen: Seen) => void;
}

/** Of every task and request: help, field of its statistics, units in one of the metric's. */
const OF_NAMES = {
  queue_waiting: ['Ready, held by nobody.', 'waiting', 1],
  queue_running: ['Handed to an instance and not settled.', 'running', 1],
  queue_handlers: ['Live instances that handle it.', 'consumers', 1],
  queue_oldest_seconds: ['How long the longest waiting one has waited.', 'oldest', 1_000],
} as const;

const OF_APP = {
  delayed: ['Tasks that are not due yet.', 'delayed'],
  gated: ['Tasks behind another one of their key.', 'gated'],
  unclaimed: ['Waiting tasks nobody handles now.', 'unclaimed'],
  dead_letters: ['Tasks that will not run again by themselves.', 'deadLetters'],
} as const;

/**
 * The app as its backend knows it, read when the metrics are, with one look for all of them. Every process of the app
 * tells the same of it.
 */
export class AppMetrics {
  /** Those that were registered. */
  readonly registered: string[] = [];
  readonly #parts: AppMetricsParts;
  readonly #names: BoundedNames;
  #looking: Promise<Seen> | undefined;

  constructor(parts: AppMetricsParts) {
    this.#parts = parts;
    this.#names = new BoundedNames(parts.maxNames);
    this.#addOfProcess();
    for (const [name, [help, field, unit]] of Object.entries(OF_NAMES)) {
      this.#addOfStats(name, help, ['kind', 'name'], (gauge, { names }) => {
        for (const stats of names) {
          const labels = { kind: stats.kind, name: this.#names.of(stats.name) };
          gauge.inc(labels, (stats[field] ?? 0) / unit);
        }
      });
    }
    for (const [name, [help, field]] of Object.entries(OF_APP)) {
      this.#addOfStats(name, help, [], (gauge, stats) => gauge.set(stats[field]));
    }
    this.#addOfStats('instances', 'Running instances.', ['service'], (gauge, { consumers }) => {
      for (const { service } of consumers) gauge.inc({ service });
    });
    this.#addCounters();
  }

  #addOfProcess(): void {
    this.#add({
      name: 'ready',
      help: 'Whether this process works: 1 or 0.',
      set: (gauge, { health }) => gauge.set(health.ready ? 1 : 0),
    });
    this.#add({
      name: 'live',
      help: 'Whether this process can go on as it is: 1 or 0.',
      set: (gauge, { health }) => gauge.set(health.live ? 1 : 0),
    });
    const help = 'Events this process dropped, and interruptions of its subscriptions.';
    this.#addOfStats('events_missed', help, ['reason'], (gauge, { events }) => {
      gauge.set({ reason: 'dropped' }, events.dropped);
      gauge.set({ reason: 'gap' }, events.gaps);
    });
  }

  #addOfStats(
    name: string,
    help: string,
    labels: readonly string[],
    set: (gauge: Gauge, stats: BrokerStats) => void,
  ): void {
    const setKnown = (gauge: Gauge, { stats }: Seen): void => {
      if (stats !== undefined) set(gauge, stats);
    };
    this.#add({ name, help, labels, set: setKnown });
  }

  #add({ name, help, labels = [], set }: GaugeParts): void {
    const { registry, prefix } = this.#parts;
    this.registered.push(prefix + name);
    const gauge: Gauge = new Gauge({
      name: prefix + name,
      help,
      labelNames: labels,
      registers: [registry],
      collect: async () => {
        const seen = await this.#look();
        gauge.reset();
        // reset leaves a zero where there are no labels
        if (labels.length === 0) gauge.remove();
        set(gauge, seen);
      },
    });
  }

  #addCounters(): void {
    const { registry, prefix } = this.#parts;
    const name = `${prefix}app_messages_total`;
    this.registered.push(name);
    const counter: Counter<'what'> = new Counter({
      name,
      help: 'Tasks and requests of the app since its keys exist: added, done, retried, dead, duplicates, expired, dropped, lost, stale.',
      labelNames: ['what'],
      registers: [registry],
      collect: async () => {
        const { stats } = await this.#look();
        counter.reset();
        for (const [what, count] of Object.entries(stats?.counters ?? {})) {
          counter.inc({ what }, count as number);
        }
      },
    });
  }

  async #look(): Promise<Seen> {
    this.#looking ??= this.#parts.look().finally(() => (this.#looking = undefined));
    return await this.#looking;
  }
}
