import type { Beat, Clock, QueuePort } from '../backend/index.js';
import type { RuntimeLog } from './settings.js';

export interface HousekeeperParts {
  readonly queue: QueuePort;
  readonly clock: Clock;
  /** How often the leader looks for what dead instances hold although none was noticed, in ms. */
  readonly interval: number;
  /** How long after an eviction it looks at every beat, in ms. */
  readonly alert: number;
  readonly lostLimit: number;
  readonly log: RuntimeLog;
  readonly onError: (error: unknown) => void;
}

/** Places again what dead instances held: whoever learns of one evicts it, the leader looks for what they left. */
export class Housekeeper {
  readonly #parts: HousekeeperParts;
  readonly #evicting = new Set<string>();
  #looked = -Infinity;
  #alertUntil = -Infinity;

  constructor(parts: HousekeeperParts) {
    this.#parts = parts;
  }

  /** What a beat of `consumer` asks for. */
  tidy(beat: Beat, consumer: string): void {
    for (const expired of beat.expired) if (expired !== consumer) void this.#evict(expired);
    if (!beat.leader) {
      // who becomes the leader looks at once
      this.#looked = -Infinity;
      return;
    }
    const now = this.#parts.clock.monotonic();
    if (now < this.#alertUntil || now - this.#looked >= this.#parts.interval) {
      this.#looked = now;
      void this.#reclaim();
    }
  }

  /** Somebody was evicted: one that only stands still can be handed a message even now. */
  watch(): void {
    this.#alertUntil = this.#parts.clock.monotonic() + this.#parts.alert;
  }

  async #evict(consumer: string): Promise<void> {
    if (this.#evicting.has(consumer)) return;
    this.#evicting.add(consumer);
    const { queue, lostLimit, log, onError } = this.#parts;
    try {
      if ((await queue.evict(consumer, { leaving: false, lostLimit })) === 'evicted') {
        log.warn(`evicted ${consumer}: no sign of life; its work is placed again`);
        // one that only stands still may have been handed a message meanwhile
        await queue.reclaim(lostLimit);
      }
    } catch (error) {
      onError(error);
    } finally {
      this.#evicting.delete(consumer);
    }
  }

  async #reclaim(): Promise<void> {
    try {
      await this.#parts.queue.reclaim(this.#parts.lostLimit);
    } catch (error) {
      this.#parts.onError(error);
    }
  }
}
