import type { Backend, Delivery, Verdict } from '../../../lib/backend/index.js';
import type { Site } from '../../support/site.js';
import { uniqueName } from '../../support/unique-name.js';
import { Consumer, subscription } from '../consumer.js';
import { event } from '../messages.js';
import { EventsLedger } from './events-ledger.js';
import { Random } from './random.js';
import { Violation } from './violation.js';

export interface EventsRun {
  readonly seed: number;
  readonly operations: number;
  /** At most this many milliseconds pass between two operations. */
  readonly pace: number;
  readonly rule?: string;
}

/** So brief that logs are trimmed while somebody is behind. */
const RETENTION = 150;
/** More than one node of a stream and one step of catching up. */
const BULK = 230;
const PATIENCE = 40;
/** Each one more has every event copied once more. */
const MAX_SERVICES = 4;
/** '': none. */
const KEYS = ['', '', 'a', 'b'];

interface Actor {
  readonly consumer: Consumer;
  readonly held: Delivery[];
}

/**
 * Publishes, joins, handles, fails, leaves, tends and catches up in random order: every service gets each event that was
 * published since it registered, nothing twice at a time, keys in order, and nothing is ever dropped.
 */
export async function runEventsModel(site: Site, run: EventsRun): Promise<number> {
  let step = 'start';
  try {
    const simulation = new EventsSimulation(site, await site.connect(), run);
    await simulation.join('s0', 'new');
    for (let i = 1; i <= run.operations; i++) {
      step = `operation ${i}`;
      step = `operation ${i} (${await simulation.operate()})`;
      await site.passTime(simulation.random.below(run.pace));
    }
    step = 'the end';
    await simulation.finish();
    return simulation.ledger.count;
  } catch (error) {
    const Kind = error instanceof Violation ? Violation : Error;
    const message = error instanceof Error ? error.message : String(error);
    throw new Kind(`seed ${run.seed}, ${step}: ${message}`, { cause: error });
  }
}

class EventsSimulation {
  readonly random: Random;
  readonly ledger = new EventsLedger();
  readonly #site: Site;
  readonly #backend: Backend;
  readonly #rule: string;
  #live: Actor[] = [];
  #services = 0;

  constructor(site: Site, backend: Backend, { seed, rule = 'competing' }: EventsRun) {
    this.random = new Random(seed);
    this.#site = site;
    this.#backend = backend;
    this.#rule = rule;
  }

  async operate(): Promise<string> {
    const operations = [
      ['publish', 30, () => this.#publish(1 + this.random.below(4))],
      ['fetch', 30, () => this.#fetch()],
      ['settle', 25, () => this.#settle()],
      ['bulk', this.#services < MAX_SERVICES ? 2 : 0, () => this.#bulk()],
      ['newcomer', 1, () => this.#newcomer()],
      ['join', 3, () => this.join(`s${this.random.below(this.#services + 1)}`, 'earliest')],
      ['leave', 5, () => this.#leave()],
      ['promote', 5, () => this.#promote()],
      ['catch up', 3, () => this.#catchUp()],
      ['tend', 3, () => this.#tend()],
      ['replay', 2, () => this.#replay()],
    ] as const;
    let at = this.random.below(operations.reduce((sum, [, weight]) => sum + weight, 0));
    const [name, , run] = operations.find(([, weight]) => (at -= weight) < 0)!;
    await run();
    return name;
  }

  async join(service: string, from: 'new' | 'earliest'): Promise<void> {
    const events = { paid: { from, retention: RETENTION } };
    const options = { service, events, rule: this.#rule, consumer: uniqueName(service) };
    const consumer = new Consumer(this.#backend, options, () => this.#site.calm());
    await consumer.join();
    this.ledger.registered(service, from);
    this.#live.push({ consumer, held: [] });
  }

  /** Everybody comes back and works off what is left. */
  async finish(): Promise<void> {
    for (let i = 0; i <= this.#services; i++) await this.join(`s${i}`, 'new');
    await this.#tend();
    for (let idle = 0; this.ledger.open.length > 0; idle++) {
      if (idle > PATIENCE) throw new Violation(`these never came: ${String(this.ledger.open)}`);
      await this.#promote();
      for (const actor of this.#live) {
        await this.#take(actor);
        if (actor.held.length > 0) idle = 0;
        const ends = actor.held
          .splice(0)
          .map(async (delivery) => await this.#end(actor, delivery, { type: 'done' }));
        await Promise.all(ends);
      }
      await this.#site.passTime(20);
    }
    for (const [unique, places] of (await this.#site.audit()).places) {
      if (places.length > 1) throw new Violation(`${unique} lies in [${places.join(', ')}]`);
    }
    const { dropped } = (await this.#backend.inspector.stats()).counters;
    if (dropped > 0) throw new Violation(`${dropped} were dropped`);
  }

  async #publish(count: number): Promise<void> {
    const group = Array.from({ length: count }, () => event('paid', this.#parts()));
    await this.#backend.queue.add(group, 5_000);
    for (const { envelope } of group) this.ledger.published(envelope.unique, envelope.key);
  }

  #parts(): { readonly key?: string } {
    const key = this.random.pick(KEYS);
    return key === '' ? {} : { key };
  }

  /** Somebody new joins, the log grows and grows old before it has caught up. */
  async #bulk(): Promise<void> {
    await this.#newcomer();
    await this.#publish(BULK);
    await this.#site.passTime(RETENTION + 10);
  }

  async #newcomer(): Promise<void> {
    this.#services = Math.min(this.#services + 1, MAX_SERVICES);
    await this.join(`s${this.#services}`, 'earliest');
  }

  async #fetch(): Promise<void> {
    if (this.#live.length > 0) await this.#take(this.random.pick(this.#live));
  }

  async #take({ consumer, held }: Actor): Promise<void> {
    const deliveries = await consumer.poll();
    for (const delivery of deliveries) this.ledger.delivered(consumer.id, delivery);
    held.push(...deliveries);
  }

  async #settle(): Promise<void> {
    const busy = this.#live.filter(({ held }) => held.length > 0);
    if (busy.length === 0) return;
    const actor = this.random.pick(busy);
    for (const delivery of actor.held.splice(0, 1 + this.random.below(actor.held.length))) {
      const error = { name: 'Error', message: 'the model wants it so' };
      const { id } = actor.consumer;
      const verdict = this.random.pick<Verdict>([
        { type: 'done' },
        { type: 'done' },
        { type: 'retry', delay: this.random.below(100), counts: true },
        { type: 'release' },
        { type: 'dead', reason: 'failed', error, consumer: id },
      ]);
      await this.#end(actor, delivery, verdict);
    }
  }

  async #end({ consumer }: Actor, delivery: Delivery, verdict: Verdict): Promise<void> {
    const settlement = await consumer.settle(delivery, verdict);
    if (settlement === 'stale') throw new Violation(`${consumer.id} does not hold what it holds`);
    const status = verdict.type === 'done' || verdict.type === 'dead' ? verdict.type : 'waiting';
    this.ledger.settled(delivery, status);
  }

  async #leave(): Promise<void> {
    if (this.#live.length === 0) return;
    const actor = this.random.pick(this.#live);
    this.#live = this.#live.filter((other) => other !== actor);
    await actor.consumer.leave();
    this.ledger.evicted(actor.consumer.id);
  }

  async #promote(): Promise<void> {
    await this.#backend.queue.promote();
  }

  async #catchUp(): Promise<void> {
    const service = `s${this.random.below(this.#services + 1)}`;
    await this.#backend.queue.catchUp(subscription('paid', service));
  }

  async #tend(): Promise<void> {
    const told = await this.#backend.queue.tend();
    if (told.length > 0) throw new Violation(`told of ${JSON.stringify(told)}`);
  }

  async #replay(): Promise<void> {
    const letters = await this.#backend.deadLetters.list({ count: 100 });
    if (letters.length === 0) return;
    const letter = this.random.pick(letters);
    await this.#backend.deadLetters.replay([letter.entry]);
    this.ledger.replayed(letter);
  }
}
