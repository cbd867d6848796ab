/** What waits in an {@link Outbox}. */
export interface OutboxItem {
  /** How many messages and bytes it stands for. */
  readonly count: number;
  readonly bytes: number;
}

type Send<Item> = (batch: readonly Item[]) => Promise<void>;

export interface OutboxOptions<Item extends OutboxItem> {
  readonly maxCount: number;
  readonly maxBytes: number;
  /** Settles every item of the batch, whatever happens; never rejects. */
  readonly send: Send<Item>;
  /** When what is there leaves. Default: when this turn's promises are through. */
  readonly defer?: (leave: () => void) => void;
  /** Whether two items may share a batch. Default: always. */
  readonly together?: (first: Item, next: Item) => boolean;
  /** Whether the item's batch must have arrived before the next one leaves, and the other way round. Default: never. */
  readonly ordered?: (item: Item) => boolean;
  /** Whether a second batch may leave beside one that is on its way. Default: always. */
  readonly steady?: () => boolean;
}

const now = Promise.resolve();
/** As `queueMicrotask`, which in Node makes an AsyncResource each time. */
export const afterThisTurn = (then: () => void): void => void now.then(then);

/** While Redis works on one batch, a second one may leave, if it carries this many. */
const WORTH_A_SECOND = 64;

/**
 * Natural batching: what comes while batches are on their way is the next one. So a lone item leaves at once, and a
 * flood leaves in full batches.
 */
export class Outbox<Item extends OutboxItem> {
  readonly #options: OutboxOptions<Item>;
  #waiting: Item[] = [];
  #bytes = 0;
  #count = 0;
  #scheduled = false;
  #inFlight = 0;
  #barrier = false;

  constructor(options: OutboxOptions<Item>) {
    this.#options = options;
  }

  /** Messages waiting for their batch. */
  get count(): number {
    return this.#count;
  }

  /** The one that waits longest. */
  get first(): Item | undefined {
    return this.#waiting[0];
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(item: Item): void {
    this.#waiting.push(item);
    this.#count += item.count;
    this.#bytes += item.bytes;
    if (this.#scheduled) return;
    this.#scheduled = true;
    const { defer = afterThisTurn } = this.#options;
    defer(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** Sends the next batch this way and now, however many are on their way. */
  hand(send: Send<Item>): void {
    if (this.#waiting.length > 0 && !this.#barrier) this.#leave(this.#next(), false, send);
  }

  /** Takes out what `test` picks. */
  remove(test: (item: Item) => boolean): Item[] {
    const removed = this.#waiting.filter(test);
    if (removed.length === 0) return removed;
    const gone = new Set(removed);
    this.#waiting = this.#waiting.filter((item) => !gone.has(item));
    for (const item of removed) this.#forget(item);
    return removed;
  }

  #flush(): void {
    const { ordered, send } = this.#options;
    while (this.#mayLeave()) {
      const batch = this.#next();
      const alone = ordered !== undefined && batch.some(ordered);
      if (alone && this.#inFlight > 0) return;
      this.#leave(batch, alone, send);
    }
  }

  #leave(batch: Item[], alone: boolean, send: Send<Item>): void {
    this.#waiting.splice(0, batch.length);
    for (const item of batch) this.#forget(item);
    this.#barrier = alone;
    this.#inFlight += 1;
    void send(batch).then(() => {
      this.#inFlight -= 1;
      if (alone) this.#barrier = false;
      this.#flush();
    });
  }

  #mayLeave(): boolean {
    if (this.#barrier || this.#waiting.length === 0) return false;
    if (this.#inFlight === 0) return true;
    const worth = this.#inFlight === 1 && this.#count >= WORTH_A_SECOND;
    return worth && (this.#options.steady?.() ?? true);
  }

  /** The items of the next batch. */
  #next(): Item[] {
    const { maxCount, maxBytes, together } = this.#options;
    const first = this.#waiting[0] as Item;
    let count = 0;
    let bytes = 0;
    let n = 0;
    for (const item of this.#waiting) {
      count += item.count;
      bytes += item.bytes;
      const fits = count <= maxCount && bytes <= maxBytes && (together?.(first, item) ?? true);
      if (n > 0 && !fits) break;
      n += 1;
    }
    return this.#waiting.slice(0, n);
  }

  #forget(item: Item): void {
    this.#count -= item.count;
    this.#bytes -= item.bytes;
  }
}
