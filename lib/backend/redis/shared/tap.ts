import { ClosedError } from '../../../errors/index.js';
import type { Delivery, Fetched, Lease, Reader, Want } from '../../index.js';

/** How many messages may wait here while their pool is full, so that those of another pool behind them get through. */
const HOLD = 16;
/** How long one fetch waits, in ms. */
const WAIT = 5_000;

const NOTHING: Fetched = { deliveries: [], undecodable: [], displaced: false };

export interface TapParts {
  /** How long, in ms, a message waits for its pool before it goes back, to whoever has a place for it. */
  readonly patience: () => number;
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
  /** Those that came since the last look. */
  readonly #fresh = new Set<Delivery>();
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

  /** Whether something waits for a place. */
  get isCrowded(): boolean {
    return this.#waiting.length > 0;
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
    this.#fresh.add(delivery);
  }

  /** Hands on what the pool has a place for. */
  flow(): void {
    const fetched = this.#asking === undefined ? undefined : this.#take(this.#asking);
    if (fetched !== undefined) this.#answer(fetched);
    if (this.isCrowded) this.#watch();
    else this.#fresh.clear();
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
    if (lanesOnly) await this.#retire();
    if (this.#told !== undefined) return this.#withTold([]);
    if (total < 1 || this.#takeWake()) return NOTHING;
    return await new Promise((resolve, reject) => {
      this.#asking = { total, wants, resolve, reject };
      this.#timer = setTimeout(() => this.#answer(NOTHING), WAIT);
      this.flow();
      // there is something to wait for, or room where something lay
      this.#parts.onWant();
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
    clearTimeout(this.#rest);
    await this.#parts.giveBack(this.#waiting.splice(0));
    await this.#parts.onClose();
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

  /** Nothing new for this pool: what waits here goes to others. */
  async #retire(): Promise<void> {
    await this.#parts.onRetire();
    await this.#parts.giveBack(this.#waiting.splice(0));
  }

  #withTold(deliveries: readonly Delivery[]): Fetched {
    const told = this.#told ?? NOTHING;
    this.#told = undefined;
    return { ...told, deliveries };
  }

  #watch(): void {
    this.#rest ??= setTimeout(() => this.#tidy(), this.#parts.patience()).unref();
  }

  /** What waits since the last time goes back to the stream. */
  #tidy(): void {
    this.#rest = undefined;
    const old = this.#waiting.filter((delivery) => !this.#fresh.has(delivery));
    this.#waiting = this.#waiting.filter((delivery) => this.#fresh.has(delivery));
    this.#fresh.clear();
    if (this.isCrowded) this.#watch();
    if (old.length === 0) return;
    // there is room again, for whoever waits
    void this.#parts.giveBack(old);
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
