import type { QueuedKind } from '../../message/index.js';
import type { Delivery, Fetched, Want } from '../index.js';
import type { Waiter } from './waiter.js';
import type { MemoryHub } from './hub.js';
import type { MessageStream } from './message-stream.js';
import { laneId } from './streams.js';

/** For whom messages are fetched, and what may be taken. */
export interface FetchCall {
  readonly consumer: string;
  readonly kind: QueuedKind;
  readonly total: number;
  /** The first one has the first turn. */
  readonly wants: readonly Want[];
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
    const { consumer, kind, wants } = this.#call;
    const names = wants.filter(({ limit }) => limit > 0);
    const ids = [laneId(consumer, kind), ...names.map(({ address }) => address)];
    return ids.map((id) => this.#hub.streams.of(id));
  }

  serve(): boolean {
    if (this.#hub.members.find(this.#call.consumer) === undefined) return this.#end([], true);
    const deliveries = this.#take();
    if (deliveries.length === 0) return false;
    return this.#end(deliveries);
  }

  /** What lies in the lane comes first, then one message of each wanted name in turn. */
  #take(): readonly Delivery[] {
    const { consumer, kind, total, wants } = this.#call;
    const taken: Delivery[] = [];
    const takeOne = (id: string): boolean => {
      const delivery = taken.length < total ? this.#takeFrom(id) : undefined;
      if (delivery !== undefined) taken.push(delivery);
      return delivery !== undefined;
    };
    while (takeOne(laneId(consumer, kind)));
    let open = wants;
    for (let round = 1; open.length > 0 && taken.length < total; round++) {
      open = open.filter(({ address, limit }) => round <= limit && takeOne(address));
    }
    return taken;
  }

  #takeFrom(id: string): Delivery | undefined {
    const { streams, holdings } = this.#hub;
    const stream = streams.find(id);
    const message = stream?.shift();
    if (stream === undefined || message === undefined) return undefined;
    streams.prune(stream);
    return holdings.give(this.#call.consumer, message, id);
  }

  #end(deliveries: readonly Delivery[], displaced = false): true {
    this.#resolve({ deliveries, undecodable: [], displaced });
    return true;
  }
}
