import { onTestFinished } from 'vitest';
import {
  type Added,
  type Backend,
  type ConsumerInfo,
  type ControlMessage,
  type Delivery,
  type NameStats,
  type NewMessage,
  type QueueStats,
  type Routes,
  decodeControl,
} from '../../lib/backend/index.js';
import { type Kind, type QueuedKind, toAddress } from '../../lib/message/index.js';
import { Recorder } from '../support/recorder.js';
import type { Audit, ConnectOptions, Site } from '../support/site.js';
import { Consumer, type ConsumerOptions, LOST_LIMIT } from './consumer.js';

/** Makes the scene of one test. */
export type OpenScene = (options?: ConnectOptions) => Promise<Scene>;

/** How long an add may take, milliseconds. */
const PATIENCE = 5_000;
/** One step of a wait on the backend's clock, and how many there are at most. */
const STEP = 10;
const STEPS = 500;

/** One test's backend with a client, and shorthands for what tests say often. */
export class Scene {
  readonly site: Site;
  readonly backend: Backend;

  private constructor(site: Site, backend: Backend) {
    this.site = site;
    this.backend = backend;
  }

  static async open(create: () => Promise<Site>, options?: ConnectOptions): Promise<Scene> {
    const site = await create();
    onTestFinished(() => site.close());
    return new Scene(site, await site.connect(options));
  }

  /** Another client of the same state. */
  async connect(options?: ConnectOptions): Promise<Backend> {
    return await this.site.connect(options);
  }

  async join(options: ConsumerOptions, backend = this.backend): Promise<Consumer> {
    const consumer = this.consumer(options, backend);
    await consumer.join();
    await consumer.warmUp();
    return consumer;
  }

  /** One that has not joined yet. */
  consumer(options: ConsumerOptions, backend = this.backend): Consumer {
    return new Consumer(backend, options, () => this.site.calm());
  }

  async add(...group: NewMessage[]): Promise<Added[]> {
    return await this.backend.queue.add(group, PATIENCE);
  }

  async stats(): Promise<QueueStats> {
    return await this.backend.inspector.stats();
  }

  /** One name as the inspector sees it. */
  async name(name: string, kind: Kind = 'task'): Promise<NameStats> {
    const { names } = await this.stats();
    const found = names.find((stats) => stats.name === name && stats.kind === kind);
    return found ?? { name, kind, waiting: 0, running: 0, consumers: 0 };
  }

  /** One consumer as the inspector sees it. */
  async info({ id }: Consumer): Promise<ConsumerInfo> {
    const { consumers } = await this.stats();
    const found = consumers.find((info) => info.id === id);
    if (found === undefined) throw new Error(`${id} is no member`);
    return found;
  }

  /** Who can be sent messages of a name, which somebody routes. */
  async routes(name: string, kind: QueuedKind = 'task'): Promise<Routes> {
    const routes = await this.backend.queue.routes(toAddress(kind, name));
    if (routes === undefined) throw new Error(`nothing routes ${name}`);
    return routes;
  }

  /** What lies in the lanes of these consumers for the group of a name; they must not be drained. */
  async loads(name: string, ...consumers: readonly Consumer[]): Promise<(number | undefined)[]> {
    const routes = await this.routes(name);
    const loads = new Map(routes.consumers.map(({ id, load }) => [id, load]));
    return consumers.map(({ id }) => loads.get(id));
  }

  async audit(): Promise<Audit> {
    return await this.site.audit();
  }

  async passTime(ms: number): Promise<void> {
    await this.site.passTime(ms);
  }

  /** Lets time pass in small steps until something is so. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      if (await isSo()) return;
      await this.site.passTime(STEP);
    }
    throw new Error('it did not come to pass');
  }

  /** Waits for the end of the consumer's time and evicts it. */
  async bury({ id }: Consumer, lostLimit = LOST_LIMIT): Promise<void> {
    const { queue } = this.backend;
    await this.until(
      async () => (await queue.evict(id, { leaving: false, lostLimit })) === 'evicted',
    );
  }

  /** Places what becomes due until nothing is delayed. */
  async promoteAll(): Promise<void> {
    const { queue } = this.backend;
    await this.until(async () => (await queue.promote()).nextDue === undefined);
  }

  /** What is said on the control channel from now on. */
  async control(): Promise<Recorder<ControlMessage>> {
    const recorder = new Recorder<ControlMessage>();
    await this.backend.bus.subscribe(this.backend.bus.channel('control'), (message) => {
      const control = decodeControl(message.toString());
      if (control !== undefined) recorder.record(control);
    });
    return recorder;
  }
}

/** Payloads as text. */
export const texts = (deliveries: readonly Pick<Delivery, 'payload'>[]): string[] =>
  deliveries.map(({ payload }) => payload.toString());
