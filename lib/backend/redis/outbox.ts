/** What waits in an {@link Outbox}. */
export interface OutboxItem {
  /** How many messages and bytes it stands for. */
  readonly count: number;
  readonly bytes: number;
}

export interface OutboxOptions<Item extends OutboxItem> {
  readonly maxCount: number;
  readonly maxBytes: number;
  /** Settles every item of the batch, whatever happens; never rejects. */
  readonly send: (batch: readonly Item[]) => Promise<void>;
  /** Whether two items may share a batch. Default: always. */
  readonly together?: (first: Item, next: Item) => boolean;
}

/**
 * Natural batching: one batch is on its way, all that comes meanwhile is the next one. So a lone item leaves at once,
 * and a flood leaves in full batches.
 */
export class Outbox<Item extends OutboxItem> {
  readonly #options: OutboxOptions<Item>;
  #waiting: Item[] = [];
  #bytes = 0;
  #count = 0;
  #running = false;

  constructor(options: OutboxOptions<Item>) {
    this.#options = options;
  }

  /** Messages waiting for their batch. */
  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(item: Item): void {
    this.#waiting.push(item);
    this.#count += item.count;
    this.#bytes += item.bytes;
    if (this.#running) return;
    this.#running = true;
    queueMicrotask(() => void this.#run());
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

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#options.send(this.#take());
    this.#running = false;
  }

  #take(): Item[] {
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
    const batch = this.#waiting.splice(0, n);
    for (const item of batch) this.#forget(item);
    return batch;
  }

  #forget(item: Item): void {
    this.#count -= item.count;
    this.#bytes -= item.bytes;
  }
}
