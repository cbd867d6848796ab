import { ClosedError } from '../../../errors/index.js';
import type { Delivery, Fetched, Lease, Reader, Want } from '../../index.js';

/** How many messages may wait here while their pool is full, so that those of another pool behind them get through. */
const HOLD = 16;
/** How long they may, in ms; then they go back, to whoever has a place for them. */
const REST = 1_000;
/** How long one fetch waits, in ms. */
const WAIT = 5_000;

const NOTHING: Fetched = { deliveries: [], undecodable: [], displaced: false };

export interface TapParts {
  readonly onWant: () => void;
  /** Resolves when nothing more comes, if nobody else wants anything. */
  readonly onRetire: () => Promise<void>;
  readonly onClose: () => Promise<void>;
  readonly giveBack: (deliveries: readonly Delivery[]) => Promise<void>;
}

interface Asking {
  readonly total: number;
  readonly wants: readonly Want[];
  readonly resolve: (fetched: Fetched) => void;
  readonly reject: (error: unknown) => void;
}

/** The reader of one pool: takes out of the feed what is the pool's. */
export class Tap implements Reader {
  readonly #parts: TapParts;
  readonly #holds: (lease: Lease) => boolean;
  #waiting: Delivery[] = [];
  #told: Fetched | undefined;
  #asking: Asking | undefined;
  #timer: NodeJS.Timeout | undefined;
  #rest: NodeJS.Timeout | undefined;
  #woken = false;
  #retired = false;
  #closed = false;

  constructor(holds: (lease: Lease) => boolean, parts: TapParts) {
    this.#holds = holds;
    this.#parts = parts;
  }

  get isWanting(): boolean {
    return this.#asking !== undefined && !this.#retired;
  }

  get isRetired(): boolean {
    return this.#retired || this.#closed;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** How many messages find a place: in the pool, or a moment's rest here. */
  get room(): number {
    if (this.isRetired) return 0;
    const free = (this.#asking?.total ?? 0) - this.#waiting.length;
    return free > 0 ? free : HOLD - this.#waiting.length;
  }

  holds(lease: Lease): boolean {
    return this.#holds(lease) || this.#waiting.some((one) => one.lease.token === lease.token);
  }

  put(delivery: Delivery): void {
    this.#waiting.push(delivery);
    this.#rest ??= setTimeout(() => this.#tidy(), REST).unref();
  }

  /** Hands on what the pool has a place for. */
  flow(): void {
    const asking = this.#asking;
    if (asking === undefined) return;
    const fetched = this.#take(asking);
    if (fetched !== undefined) this.#answer(fetched);
  }

  /** What is no message of anybody. */
  tell(fetched: Fetched): void {
    this.#told = merge(this.#told, fetched);
    this.flow();
  }

  fail(error: unknown): void {
    const asking = this.#end();
    asking?.reject(error);
  }

  async fetch(total: number, wants: readonly Want[], lanesOnly = false): Promise<Fetched> {
    if (this.#closed) throw new ClosedError('the reader is closed');
    this.#retired = lanesOnly;
    if (lanesOnly) await this.#parts.onRetire();
    if (lanesOnly && (this.#waiting.length > 0 || this.#told !== undefined)) return this.#all();
    if (total < 1 || this.#takeWake()) return NOTHING;
    return await new Promise((resolve, reject) => {
      this.#asking = { total, wants, resolve, reject };
      this.#timer = setTimeout(() => this.#answer(NOTHING), WAIT);
      this.flow();
      if (this.isWanting) this.#parts.onWant();
    });
  }

  wake(): void {
    if (this.#asking === undefined) this.#woken = true;
    else this.#answer(NOTHING);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#answer(NOTHING);
    await this.#parts.onClose();
    clearTimeout(this.#rest);
    await this.#parts.giveBack(this.#waiting.splice(0));
  }

  abandon(): void {
    this.#closed = true;
    clearTimeout(this.#rest);
    this.#answer(NOTHING);
  }

  #take({ total, wants }: Asking): Fetched | undefined {
    const limits = new Map(wants.map(({ address, limit }) => [address, limit]));
    const deliveries: Delivery[] = [];
    const left: Delivery[] = [];
    for (const delivery of this.#waiting) {
      const { address } = delivery.envelope;
      const limit = limits.get(address) ?? 0;
      if (limit > 0 && deliveries.length < total) {
        limits.set(address, limit - 1);
        deliveries.push(delivery);
      } else {
        left.push(delivery);
      }
    }
    if (deliveries.length === 0 && this.#told === undefined) return undefined;
    this.#waiting = left;
    return this.#withTold(deliveries);
  }

  /** Of a pool that retires: everything, to be given back. */
  #all(): Fetched {
    return this.#withTold(this.#waiting.splice(0));
  }

  #withTold(deliveries: readonly Delivery[]): Fetched {
    const told = this.#told ?? NOTHING;
    this.#told = undefined;
    return { ...told, deliveries };
  }

  /** What found no place goes back to the stream. */
  #tidy(): void {
    this.#rest = undefined;
    void this.#parts.giveBack(this.#waiting.splice(0));
    // there is room again, for whoever waits
    this.#parts.onWant();
  }

  #answer(fetched: Fetched): void {
    this.#end()?.resolve(fetched);
  }

  #end(): Asking | undefined {
    const asking = this.#asking;
    this.#asking = undefined;
    clearTimeout(this.#timer);
    return asking;
  }

  #takeWake(): boolean {
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }
}

const merge = (one: Fetched | undefined, other: Fetched): Fetched => ({
  deliveries: [],
  undecodable: [...(one?.undecodable ?? []), ...other.undecodable],
  displaced: (one?.displaced ?? false) || other.displaced,
});
