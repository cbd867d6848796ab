import { ClosedError, type CodecError } from '../../errors/index.js';
import { type Address, addressKind } from '../../message/index.js';
import type { Delivery, Fetched, Lease, Reader, Undecodable, Want } from '../index.js';
import { parseEntries, type RawEntry } from './entries.js';
import type { Layout } from './layout.js';
import type { RedisLink } from './link.js';
import { ReadArguments } from './read-arguments.js';
import { isDisplaced, toRedisFailure } from './redis-error.js';

/** How long one read waits for work, in ms. */
const BLOCK = 5_000;
/** Beyond BLOCK, silence means a dead socket. */
const SILENCE = 2_000;
/**
 * A waiting read starts small, so that one instance does not swallow a burst, and grows while reads come back full. Of
 * requests it takes more: their callers wait for the whole round, in which every read costs as much as many of them.
 */
const FIRST_COUNT = { tasks: 16, requests: 32 };
const MAX_COUNT = 256;
/** How often, in ms, a reader looks at its own list though no connection was lost, as a net for what nobody foresaw. */
const LOOK = 30_000;
/** Enough for everything one consumer can hold of one stream. */
const ALL = 10_000;

const NOTHING: Fetched = { deliveries: [], undecodable: [], displaced: false };
const DISPLACED: Fetched = { ...NOTHING, displaced: true };

export interface ReaderParts {
  /** A connection of its own: a read blocks it. */
  readonly link: RedisLink;
  /** For `CLIENT UNBLOCK`. */
  readonly command: RedisLink;
  readonly layout: Layout;
  readonly holds: (lease: Lease) => boolean;
  /** Sends the results that wait over this link, together with what `send` sends. */
  readonly settle: <T>(link: RedisLink, send: () => T) => T;
}

interface Stream {
  readonly key: string;
  limit: number;
}

/** Reads the lane of one consumer and the streams of its names over a connection of its own. */
export class RedisReader implements Reader {
  readonly #parts: ReaderParts;
  readonly #consumer: string;
  /** Key of the lane of each group that was read. */
  readonly #lanes = new Map<string, string>();
  readonly #laneKeys = new Set<string>();
  readonly #reads: ReadArguments;
  readonly #unsubscribe: () => void;
  #recover = false;
  #looked = performance.now();
  #woken = false;
  #closed = false;
  #waiting = false;
  /** How far reads have grown. */
  #growth = 1;
  /** How many lanes had nothing last time. */
  #quietLanes = Infinity;
  /** Whether last time all work came by lanes. */
  #quietNames = false;
  #turn = 0;
  #endRest: (() => void) | undefined;

  constructor(consumer: string, parts: ReaderParts) {
    this.#parts = parts;
    this.#consumer = consumer;
    this.#reads = new ReadArguments(parts.layout.group, consumer, BLOCK);
    this.#unsubscribe = parts.link.onState((state) => {
      // what was handed over while the connection broke is pending, and is read again first
      if (state === 'down') this.#recover = true;
    });
    parts.link.open();
  }

  async fetch(total: number, wants: readonly Want[], lanesOnly = false): Promise<Fetched> {
    if (this.#closed) throw new ClosedError('the reader is closed');
    if (total < 1 || this.#takeWake()) return NOTHING;
    if (this.#parts.link.state === 'down') {
      await this.#parts.link.whenUp(1_000);
      return NOTHING;
    }
    try {
      return await this.#read(total, wants, lanesOnly);
    } catch (error) {
      return await this.#failed(error);
    }
  }

  wake(): void {
    this.#woken = true;
    this.#endRest?.();
    if (this.#waiting) void this.#unblock();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#endRest?.();
    this.#unsubscribe();
    this.#parts.link.close();
    await Promise.resolve();
  }

  // not async, as on the hot path every promise in between counts
  #read(total: number, wants: readonly Want[], lanesOnly: boolean): Promise<Fetched> {
    const streams = this.#lanesOf(total, wants);
    const lanes = streams.length;
    if (!lanesOnly) this.#addNames(streams, wants);
    if (streams.length === 0) return this.#rest();
    if (this.#recover || performance.now() - this.#looked > LOOK) return this.#readAgain(wants);
    // what was empty last time gets no share: the others have all of it (a race reads a few more, which are given back)
    const busyLanes = lanes - Math.min(this.#quietLanes, lanes);
    const busyNames = this.#quietNames ? 0 : streams.length - lanes;
    const share = Math.floor(total / Math.max(1, busyLanes + busyNames));
    if (share >= 1 && streams.every((stream) => stream.limit >= share)) {
      return this.#wait(streams, Math.min(share, this.#mostOf(wants)));
    }
    return this.#takeReady(streams, total).then((ready) => ready ?? this.#wait(streams, 1));
  }

  #mostOf(wants: readonly Want[]): number {
    const first = wants.every(isOfRequests) ? FIRST_COUNT.requests : FIRST_COUNT.tasks;
    return Math.min(MAX_COUNT, first * this.#growth);
  }

  #lanesOf(total: number, wants: readonly Want[]): Stream[] {
    const lanes: Stream[] = [];
    for (const want of wants) {
      const limit = Math.min(want.limit, total);
      if (want.group === '' || limit < 1) continue;
      const key = this.#laneOf(want.group);
      const known = lanes.find((lane) => lane.key === key);
      if (known === undefined) lanes.push({ key, limit });
      else known.limit = Math.max(known.limit, limit);
    }
    return lanes;
  }

  #addNames(streams: Stream[], wants: readonly Want[]): void {
    const { keys } = this.#parts.layout;
    for (const { address, limit } of wants) {
      if (limit > 0) streams.push({ key: keys.stream(address), limit });
    }
  }

  #laneOf(group: string): string {
    const known = this.#lanes.get(group);
    if (known !== undefined) return known;
    const lane = this.#parts.layout.keys.lane(this.#consumer, group);
    this.#lanes.set(group, lane);
    this.#laneKeys.add(lane);
    return lane;
  }

  /** Nothing can be taken of any name: waits for somebody to say that this changed. */
  async #rest(): Promise<Fetched> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, BLOCK);
      this.#endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endRest = undefined;
    this.#woken = false;
    return NOTHING;
  }

  /** Waits for any of the streams. */
  #wait(streams: readonly Stream[], count: number): Promise<Fetched> {
    if (this.#takeWake()) return Promise.resolve(NOTHING);
    this.#waiting = true;
    const { link, settle } = this.#parts;
    const keys = streams.map((stream) => stream.key);
    const read = this.#reads.wait(keys, count);
    const reading = settle(link, () => link.call('XREADGROUP', read, BLOCK + SILENCE));
    return reading.then(
      (reply) => {
        this.#waiting = this.#woken = false;
        const entries = parseEntries(reply);
        this.#notice(entries);
        this.#growth = entries.length >= count ? Math.min(MAX_COUNT, this.#growth * 2) : 1;
        return this.#toFetched(entries);
      },
      (error: unknown) => {
        this.#waiting = this.#woken = false;
        throw error;
      },
    );
  }

  /** Takes what is there without waiting, exactly within the limits, another stream first each time. */
  async #takeReady(streams: readonly Stream[], total: number): Promise<Fetched | undefined> {
    const turn = this.#turn++ % streams.length;
    const order = [...streams.slice(turn), ...streams.slice(0, turn)];
    const entries: RawEntry[] = [];
    while (order.length > 0 && entries.length === 0) {
      const batch = order.splice(0, total);
      const share = Math.max(1, Math.floor(total / batch.length));
      const reads = batch.map(({ key, limit }) => this.#take([key], Math.min(share, limit)));
      for (const read of await Promise.all(reads)) entries.push(...parseEntries(read));
    }
    this.#notice(entries);
    return entries.length === 0 ? undefined : this.#toFetched(entries);
  }

  /** Everything this consumer was ever handed and has not settled, less what it still has in its hands. */
  async #readAgain(wants: readonly Want[]): Promise<Fetched> {
    const groups = wants.map(({ group }) => group).filter((group) => group !== '');
    const lanes = [...new Set(groups.map((group) => this.#laneOf(group)))];
    const keys = [...lanes, ...wants.map((want) => this.#parts.layout.keys.stream(want.address))];
    const entries = parseEntries(await this.#take(keys, ALL, '0'));
    this.#recover = false;
    this.#looked = performance.now();
    const unknown = entries.filter((entry) => !this.#parts.holds(entry.lease));
    // one that was settled while the answer was on its way is not held any more, but not pending either
    const pending = await Promise.all(
      unknown.map(async ({ lease }) => await this.#isPending(lease)),
    );
    return this.#toFetched(unknown.filter((_, i) => pending[i]));
  }

  async #isPending({ source, token }: Lease): Promise<boolean> {
    const args = [source, this.#parts.layout.group, token, token, 1, this.#consumer];
    const found = (await this.#parts.link.call('XPENDING', args)) as unknown[];
    return found.length > 0;
  }

  #take(keys: readonly string[], count: number, id = '>'): Promise<unknown> {
    return this.#parts.link.call('XREADGROUP', this.#reads.take(keys, count, id));
  }

  /** Which way work came. An empty name alone says little: the next burst may be its. */
  #notice(entries: readonly RawEntry[]): void {
    const sources = new Set<string>();
    for (const { lease } of entries) sources.add(lease.source);
    let busy = 0;
    for (const source of sources) if (this.#laneKeys.has(source)) busy += 1;
    this.#quietLanes = this.#laneKeys.size - busy;
    this.#quietNames = busy > 0 && busy === sources.size;
  }

  async #failed(error: unknown): Promise<Fetched> {
    if (this.#closed) return NOTHING;
    if (isDisplaced(error)) return DISPLACED;
    const failure = toRedisFailure(error);
    if (!failure.transient) throw failure.error;
    await this.#parts.link.whenUp(1_000);
    if (failure.outcome === 'not-sent') await new Promise((resolve) => setTimeout(resolve, 50));
    return NOTHING;
  }

  #toFetched(entries: readonly RawEntry[]): Fetched {
    const deliveries: Delivery[] = [];
    const undecodable: Undecodable[] = [];
    for (const { lease, fields } of entries) {
      try {
        const { envelope, payload } = this.#parts.layout.readEntry(lease.token, fields);
        deliveries.push({ lease, envelope, payload, routed: this.#laneKeys.has(lease.source) });
      } catch (error) {
        undecodable.push({ lease, error: error as CodecError });
      }
    }
    return { deliveries, undecodable, displaced: false };
  }

  #takeWake(): boolean {
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }

  /** The read may not have reached the server yet, so it is unblocked until it ends. */
  async #unblock(): Promise<void> {
    while (this.#waiting && !this.#closed) {
      try {
        const id = this.#parts.link.clientId;
        if (id === undefined) return;
        await this.#parts.command.call('CLIENT', ['UNBLOCK', id]);
      } catch (error) {
        // the read ends by itself after BLOCK, or with its own connection
        if (!toRedisFailure(error).transient) return;
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

const isOfRequests = ({ address }: Want): boolean => addressKind(address as Address) === 'request';
