import type { Beat, Member } from '../backend/index.js';

/** Weight and pause of this instance as they stood at the last beat: a rejoin begins with them. */
export class Standing implements Pick<Member, 'weight' | 'paused'> {
  weight: number;
  paused = false;
  #share: number;
  #heardAt = -Infinity;

  constructor(weight: number) {
    this.weight = weight;
    this.#share = weight;
  }

  /** The weight that counts. */
  get share(): number {
    return this.#share;
  }

  /** Somebody has changed the weight that counts; `at` is now, on the monotonic clock. */
  hear(share: number, at: number): void {
    this.#share = share;
    this.#heardAt = at;
  }

  /** @param sent when the beat left: one that left before a change was heard of tells what was */
  note({ weight, memberPaused = false }: Beat, sent: number): void {
    if (sent < this.#heardAt) return;
    this.weight = weight;
    this.paused = memberPaused;
    this.#share = memberPaused ? 0 : weight;
  }
}
