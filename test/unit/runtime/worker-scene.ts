import { onTestFinished } from 'vitest';
import type { MemoryBackend } from '../../../lib/backend/memory/index.js';
import { jsonCodec } from '../../../lib/codec/index.js';
import {
  type Handler,
  type HandlingContext,
  type Runtime,
  type RuntimeSettings,
  createRuntime,
} from '../../../lib/runtime/index.js';
import { type MemorySite, createMemorySite } from '../../support/memory-site.js';
import { POLICY } from './settings.js';

export const TTL = 3_000;
export const GRACE = 1_000;
const LOST_LIMIT = 4;

export const BALANCER: RuntimeSettings['balancer'] = {
  local: false,
  weight: 1,
  heartbeatTtl: TTL,
  cleanupInterval: 60_000,
  stealAfter: 30_000,
  rebalance: false,
};

const SETTINGS: RuntimeSettings = {
  service: 'service',
  instanceName: 'instance',
  queues: { default: { tasks: 10, requests: 10 } },
  balancer: BALANCER,
  grace: GRACE,
  maxPayload: 1_000,
  sendTimeout: 1_000,
  overflow: 'reject',
  tasks: { ...POLICY, dedupeWindow: 60_000, lostLimit: LOST_LIMIT },
  events: { maxAge: 600_000, maxBytes: 1_000_000, retention: 60_000 },
  rpc: { timeout: 30_000, mode: 'reliable', maxWaiting: 100 },
};

export interface Instance {
  readonly runtime: Runtime;
  readonly backend: MemoryBackend;
  /** What it said, oldest first. */
  readonly log: string[];
}

/** Instances of one app in memory, on a clock that the test turns. */
export class WorkerScene {
  readonly site: MemorySite;

  private constructor(site: MemorySite) {
    this.site = site;
  }

  static async open(): Promise<WorkerScene> {
    const site = await createMemorySite();
    onTestFinished(async () => await site.close());
    return new WorkerScene(site);
  }

  async instance(
    handlers: readonly Handler[] = [],
    parts: Partial<RuntimeSettings> = {},
  ): Promise<Instance> {
    const log: string[] = [];
    const note = (level: string) => (message: string) => void log.push(`${level}: ${message}`);
    const backend = (await this.site.connect()) as MemoryBackend;
    const runtime = createRuntime({
      backend,
      codec: jsonCodec,
      settings: { ...SETTINGS, ...parts },
      log: { log: note('log'), warn: note('warn'), error: note('error') },
      clock: this.site.clock,
    });
    for (const handler of handlers) runtime.handle(handler);
    return { runtime, backend, log };
  }

  /** Time passes, and what follows from it is done. */
  async pass(ms: number): Promise<void> {
    this.site.clock.advance(ms);
    await this.calm();
  }

  async calm(): Promise<void> {
    for (let i = 0; i < 4; i += 1) await this.site.calm();
  }
}

/** Handlers that run until the test ends them. */
export class Held {
  readonly started: string[] = [];
  readonly running = new Set<string>();
  /** What ran at the moment each one started, itself included. */
  readonly company: string[][] = [];
  readonly signals = new Map<string, AbortSignal>();
  readonly #ends = new Map<string, () => void>();

  readonly invoke = async (input: unknown, { signal }: HandlingContext): Promise<void> => {
    const name = String(input);
    this.started.push(name);
    this.running.add(name);
    this.company.push([...this.running]);
    this.signals.set(name, signal);
    await new Promise<void>((resolve) => this.#ends.set(name, resolve));
    this.running.delete(name);
  };

  end(name: string): void {
    this.#ends.get(name)?.();
  }
}
