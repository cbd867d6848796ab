import type { Clock, ConsumerInfo, InspectorPort, QueuePort } from '../backend/index.js';

export interface DeadPeersParts {
  readonly queue: QueuePort;
  readonly inspector: InspectorPort;
  readonly clock: Clock;
  readonly service: string;
  readonly ttl: number;
  readonly lostLimit: number;
}

/**
 * Instances of this service that died and that nobody has evicted, because nobody was left to notice: a newcomer that
 * follows another strategy would be refused for their sake, for ever.
 */
export class DeadPeers {
  readonly #parts: DeadPeersParts;

  constructor(parts: DeadPeersParts) {
    this.#parts = parts;
  }

  /** Evicts them if they are all there is. @returns whether nobody of the service is left */
  async evict(): Promise<boolean> {
    const { queue, clock, ttl, lostLimit } = this.#parts;
    const before = await this.#peers();
    if (before.length === 0) return true;
    if (before.some(({ active }) => active)) return false;
    // the backend may have been away for longer than their time: those that live beat within a third of it
    await new Promise<void>((resolve) => clock.after(ttl / 2, resolve));
    const seen = new Map(before.map(({ id, lastSeen }) => [id, lastSeen]));
    const after = await this.#peers();
    if (after.some(({ id, lastSeen }) => seen.get(id) !== lastSeen)) return false;
    for (const { id } of after) {
      if ((await queue.evict(id, { leaving: false, lostLimit })) === 'alive') return false;
    }
    return true;
  }

  async #peers(): Promise<ConsumerInfo[]> {
    const { consumers } = await this.#parts.inspector.stats();
    return consumers.filter(({ service }) => service === this.#parts.service);
  }
}
