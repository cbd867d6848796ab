import type { Delivery, Fetched, Want } from '../index.js';
import type { Waiter } from './waiter.js';
import type { MemoryHub } from './hub.js';
import type { MessageStream } from './message-stream.js';
import { laneId } from './streams.js';
import { Tally } from './tally.js';

/** For whom messages are fetched, and what may be taken. */
export interface FetchCall {
  readonly consumer: string;
  readonly total: number;
  /** The first one has the first turn. */
  readonly wants: readonly Want[];
  /** Nothing from the streams of names. */
  readonly lanesOnly: boolean;
}

/** What may be taken from one stream or lane. */
interface Source {
  readonly id: string;
  readonly limit: number;
}

/** One fetch, from its call to its end. */
export class WaitingFetch implements Waiter<MessageStream> {
  readonly #hub: MemoryHub;
  readonly #call: FetchCall;
  readonly #resolve: (fetched: Fetched) => void;

  constructor(hub: MemoryHub, call: FetchCall, resolve: (fetched: Fetched) => void) {
    this.#hub = hub;
    this.#call = call;
    this.#resolve = resolve;
    hub.handover.ask(this);
  }

  /** Ends it with nothing. */
  cancel(): void {
    this.#hub.handover.leave(this);
    this.#end([]);
  }

  sources(): readonly MessageStream[] {
    return [...this.#lanes(), ...this.#names()].map(({ id }) => this.#hub.streams.of(id));
  }

  serve(): boolean {
    if (this.#hub.members.find(this.#call.consumer) === undefined) return this.#end([], true);
    const deliveries = this.#take();
    if (deliveries.length === 0) return false;
    return this.#end(deliveries);
  }

  /** What lies in the lanes comes first, then one message of each wanted name in turn. */
  #take(): readonly Delivery[] {
    const taken: Delivery[] = [];
    this.#takeInTurn(taken, this.#lanes());
    const routed = new Tally();
    for (const { envelope } of taken) routed.add(envelope.address, 1);
    const rest = this.#names().map(({ id, limit }) => ({ id, limit: limit - routed.of(id) }));
    this.#takeInTurn(taken, rest);
    return taken;
  }

  #takeInTurn(taken: Delivery[], sources: readonly Source[]): void {
    const takeOne = (id: string): boolean => {
      const delivery = taken.length < this.#call.total ? this.#takeFrom(id) : undefined;
      if (delivery !== undefined) taken.push(delivery);
      return delivery !== undefined;
    };
    let open = sources;
    for (let round = 1; open.length > 0 && taken.length < this.#call.total; round++) {
      open = open.filter(({ id, limit }) => round <= limit && takeOne(id));
    }
  }

  /** A lane holds messages of any name of its group, so the largest of their limits is its limit. */
  #lanes(): Source[] {
    const limits = new Map<string, number>();
    for (const { group, limit } of this.#call.wants) {
      if (limit > (limits.get(group) ?? 0)) limits.set(group, limit);
    }
    return [...limits].map(([group, limit]) => ({
      id: laneId(this.#call.consumer, group),
      limit,
    }));
  }

  #names(): Source[] {
    if (this.#call.lanesOnly) return [];
    return this.#call.wants
      .filter(({ limit }) => limit > 0)
      .map(({ address, limit }) => ({ id: address, limit }));
  }

  #takeFrom(id: string): Delivery | undefined {
    const { streams, holdings, clock } = this.#hub;
    const stream = streams.find(id);
    const message = stream?.shift();
    if (stream === undefined || message === undefined) return undefined;
    streams.prune(stream);
    message.heldSince = clock.now();
    return holdings.give(this.#call.consumer, message, id);
  }

  #end(deliveries: readonly Delivery[], displaced = false): true {
    this.#resolve({ deliveries, undecodable: [], displaced });
    return true;
  }
}
