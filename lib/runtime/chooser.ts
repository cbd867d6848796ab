import {
  Edf,
  type BalanceStrategy,
  type Owner,
  type RouteConsumer,
  type RouteMessage,
  hash32,
  ownerOf,
} from '../balancer/index.js';
import type { Routes } from '../backend/index.js';
import { type Envelope, addressKind, addressName, messageId } from '../message/index.js';

/** Proposes the consumer of a message. */
export interface Chooser {
  choose(envelope: Envelope): string | undefined;
  /** Takes a newer view; `false`: it cannot, and another one is made. */
  renew(routes: Routes): boolean;
}

/**
 * Makes the chooser a rule asks senders for; `undefined`: it asks none, or one that this process does not have.
 * @param own finds a user's own strategy
 */
export function createChooser(
  routes: Routes,
  own: (name: string) => BalanceStrategy | undefined,
): Chooser | undefined {
  const { strategy, local } = routes.rule;
  if (strategy === 'consistent_hash') return new HashChooser(routes);
  if (!local) return undefined;
  if (strategy === 'round_robin' || strategy === 'weighted') return new TurnChooser(routes);
  if (strategy === 'least_conn') return new LoadChooser(routes);
  const custom = own(strategy);
  return custom === undefined ? undefined : new OwnChooser(routes, custom);
}

class HashChooser implements Chooser {
  #owners: readonly Owner[] = [];

  constructor(routes: Routes) {
    this.renew(routes);
  }

  choose({ key, unique }: Envelope): string | undefined {
    return ownerOf(hash32(key ?? unique), this.#owners);
  }

  renew({ consumers }: Routes): boolean {
    this.#owners = consumers.map(({ id, weight }) => ({ id, weight, hash: hash32(id) }));
    return true;
  }
}

/** In turn, from a random place on: senders that start together do not all start with the same instance. */
class TurnChooser implements Chooser {
  readonly #edf = new Edf();
  #members = '';

  constructor(routes: Routes) {
    this.renew(routes);
  }

  choose(): string | undefined {
    return this.#edf.pick();
  }

  renew({ consumers, rule }: Routes): boolean {
    const members = consumers.map(({ id, weight }) => ({
      id,
      weight: rule.strategy === 'weighted' ? weight : 1,
    }));
    const text = JSON.stringify(members);
    if (text === this.#members) return true;
    this.#members = text;
    this.#edf.reset(members);
    const cycle = members.reduce((sum, { weight }) => sum + weight, 0);
    this.#edf.skip(Math.floor(Math.random() * cycle));
    return true;
  }
}

/** What an instance has: as of the last look, and what this process sent there since. Never the look alone, or all senders would run to the same one. */
class Loads {
  #consumers: RouteConsumer[] = [];
  #sent = new Map<string, number>();

  renew({ consumers }: Routes): void {
    this.#consumers = [...consumers];
    this.#sent = new Map();
  }

  get consumers(): readonly RouteConsumer[] {
    return this.#consumers.map((consumer) => ({ ...consumer, load: this.#loadOf(consumer) }));
  }

  least(): string | undefined {
    let best: RouteConsumer | undefined;
    let least = Infinity;
    for (const consumer of this.#consumers) {
      const load = this.#loadOf(consumer) / consumer.weight;
      if (load < least) {
        least = load;
        best = consumer;
      }
    }
    if (best === undefined) return undefined;
    // among equals: whoever was picked longest ago
    this.#consumers.push(...this.#consumers.splice(this.#consumers.indexOf(best), 1));
    return best.id;
  }

  sent(id: string): void {
    this.#sent.set(id, (this.#sent.get(id) ?? 0) + 1);
  }

  #loadOf({ id, load }: RouteConsumer): number {
    return load + (this.#sent.get(id) ?? 0);
  }
}

class LoadChooser implements Chooser {
  readonly #loads = new Loads();

  constructor(routes: Routes) {
    this.renew(routes);
  }

  choose(): string | undefined {
    const id = this.#loads.least();
    if (id !== undefined) this.#loads.sent(id);
    return id;
  }

  renew(routes: Routes): boolean {
    this.#loads.renew(routes);
    return true;
  }
}

/** Asks a user's own strategy; what it returns is only followed if the view shows it. */
class OwnChooser implements Chooser {
  readonly #strategy: BalanceStrategy;
  readonly #name: string;
  readonly #loads = new Loads();

  constructor(routes: Routes, strategy: BalanceStrategy) {
    this.#strategy = strategy;
    this.#name = routes.rule.strategy;
    this.renew(routes);
  }

  choose(envelope: Envelope): string | undefined {
    const { consumers } = this.#loads;
    const id = this.#strategy.route(toMessage(envelope), { consumers });
    if (!consumers.some((consumer) => consumer.id === id)) return undefined;
    this.#loads.sent(id as string);
    return id;
  }

  renew(routes: Routes): boolean {
    this.#loads.renew(routes);
    return routes.rule.strategy === this.#name;
  }
}

const NO_HEADERS = Object.freeze({});

function toMessage({ unique, address, key, headers = NO_HEADERS }: Envelope): RouteMessage {
  const name = addressName(address);
  return { id: messageId(name, unique), name, kind: addressKind(address), key, headers };
}
