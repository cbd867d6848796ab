import { ClosedError } from '../../../errors/index.js';
import { type Address, toAddress } from '../../../message/index.js';
import type { Delivery, Fetched, Lease, Member, Reader, Undecodable, Want } from '../../index.js';
import type { RedisReader } from '../reader.js';
import type { Ending } from '../settle-outbox.js';
import { Tap } from './tap.js';

/** The one stream has no lanes, and its name says nothing. */
const ANY = toAddress('task', '');
/** Shortest and longest patience with a full pool, in ms: it grows while nothing for another one lies behind. */
const PATIENCE = { least: 25, most: 1_000 };
const NOTHING: Fetched = { deliveries: [], undecodable: [], displaced: false };

export interface SharedFeedParts {
  /** Makes the reader of the stream. */
  readonly reader: (holds: (lease: Lease) => boolean) => RedisReader;
  readonly settle: (delivery: Delivery, verdict: Ending) => Promise<unknown>;
  /** A message came whose name is not handled here. */
  readonly onStrange: (address: Address) => void;
  readonly onClose: () => void;
  readonly onError: (error: unknown) => void;
}

/**
 * What one consumer reads of the stream, for all its pools: it is one stream, so a read can bring anything. Hence it
 * reads no more than fits everywhere, keeps for a moment what has no place, and hands back what is not handled here.
 */
export class SharedFeed {
  readonly #parts: SharedFeedParts;
  readonly #reader: RedisReader;
  /** By the label of its pool. */
  readonly #taps = new Map<string, Tap>();
  readonly #labels: ReadonlyMap<string, string>;
  /** Leases on their way back to the stream. */
  readonly #returning = new Map<string, Promise<unknown>>();
  #patience = PATIENCE.least;
  #pump: Promise<void> | undefined;
  #ended = false;

  constructor(member: Member, parts: SharedFeedParts) {
    this.#parts = parts;
    this.#labels = new Map(
      member.names.map(({ address, group }) => [address, group.split('/', 1)[0]!]),
    );
    this.#reader = parts.reader((lease) => this.#holds(lease));
  }

  /** @param label the pool that reads */
  open(label: string, holds: (lease: Lease) => boolean): Reader {
    const tap: Tap = new Tap(holds, {
      onWant: () => this.#start(),
      onRetire: async () => await this.#retired(),
      onClose: async () => await this.#closed(),
      patience: () => this.#patience,
      giveBack: async (deliveries) => await this.#release(deliveries),
    });
    this.#taps.set(label, tap);
    return tap;
  }

  /** The connection goes; what is in hand comes back by eviction. */
  abandon(): void {
    this.#ended = true;
    for (const tap of this.#taps.values()) tap.abandon();
    void this.#reader.close();
    this.#parts.onClose();
  }

  #holds(lease: Lease): boolean {
    return (
      this.#returning.has(lease.token) || [...this.#taps.values()].some((tap) => tap.holds(lease))
    );
  }

  #start(): void {
    if (this.#ended) return;
    this.#pump ??= this.#run().finally(() => {
      this.#pump = undefined;
      // somebody came while it ended
      if (this.#room > 0 && this.#isWanted) this.#start();
    });
  }

  get #isWanted(): boolean {
    return [...this.#taps.values()].some((tap) => tap.isWanting);
  }

  /** How many messages would find a place, whatever they are. */
  get #room(): number {
    return Math.min(...[...this.#taps.values()].map((tap) => tap.room));
  }

  async #run(): Promise<void> {
    // every pool says first what it wants
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#isWanted && this.#room > 0 && !this.#ended) {
      const count = this.#room;
      const wants: Want[] = [{ address: ANY, limit: count, group: '' }];
      let fetched: Fetched;
      try {
        fetched = await this.#reader.fetch(count, wants);
      } catch (error) {
        for (const tap of this.#taps.values()) tap.fail(error);
        return;
      }
      this.#handOut(fetched);
    }
  }

  #handOut({ deliveries, undecodable, displaced }: Fetched): void {
    const strange: Delivery[] = [];
    for (const delivery of deliveries) {
      const { address } = delivery.envelope;
      const label = this.#labels.get(address);
      const tap = label === undefined ? undefined : this.#taps.get(label);
      if (tap === undefined) strange.push(delivery);
      else if (tap.isClosed) void this.#release([delivery]);
      else this.#put(tap, delivery);
    }
    for (const delivery of strange) this.#parts.onStrange(delivery.envelope.address);
    if (strange.length > 0) void this.#giveBack(strange, { type: 'decline' });
    for (const tap of this.#taps.values()) tap.flow();
    if (undecodable.length > 0 || displaced) this.#tell(undecodable, displaced);
  }

  #put(tap: Tap, delivery: Delivery): void {
    // looking behind those that wait was worth it
    if (tap.isWanting && !tap.isCrowded && this.#isCrowded) this.#patience = PATIENCE.least;
    tap.put(delivery);
  }

  get #isCrowded(): boolean {
    return [...this.#taps.values()].some((tap) => tap.isCrowded);
  }

  async #release(deliveries: readonly Delivery[]): Promise<void> {
    this.#patience = Math.min(PATIENCE.most, this.#patience * 2);
    await this.#giveBack(deliveries, { type: 'release' });
  }

  /** Whoever waits deals with it, else the next one. */
  #tell(undecodable: readonly Undecodable[], displaced: boolean): void {
    const taps = [...this.#taps.values()];
    const tap = taps.find((one) => one.isWanting) ?? taps[0];
    tap?.tell({ ...NOTHING, undecodable, displaced });
  }

  /** Never rejects: what cannot be given back comes back by eviction. */
  async #giveBack(deliveries: readonly Delivery[], ending: Ending): Promise<void> {
    const returns = deliveries.map(async (delivery) => {
      const { token } = delivery.lease;
      const settling = this.#parts.settle(delivery, ending).catch((error: unknown) => {
        if (!(error instanceof ClosedError)) this.#parts.onError(error);
      });
      this.#returning.set(token, settling);
      await settling;
      this.#returning.delete(token);
    });
    await Promise.all(returns);
  }

  /** When no pool takes anything new, the waiting read ends. */
  async #retired(): Promise<void> {
    if (![...this.#taps.values()].every((tap) => tap.isRetired)) return;
    this.#reader.wake();
    await this.#pump;
  }

  async #closed(): Promise<void> {
    await this.#retired();
    if (this.#ended || ![...this.#taps.values()].every((tap) => tap.isClosed)) return;
    this.#ended = true;
    // who leaves after this must have nothing in hand
    await Promise.all(this.#returning.values());
    this.#parts.onClose();
    await this.#reader.close();
  }
}
