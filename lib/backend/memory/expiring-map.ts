import { type Slot, Timeline } from './timeline.js';

/** Values that are forgotten when their time is over; what has expired goes whenever the map is touched. */
export class ExpiringMap<V> {
  readonly #values = new Map<string, { readonly value: V; readonly slot: Slot<string> }>();
  readonly #ends = new Timeline<string>();

  get size(): number {
    return this.#values.size;
  }

  get(key: string, now: number): V | undefined {
    this.#expire(now);
    return this.#values.get(key)?.value;
  }

  /** Keeps `value` up to, but not at, the moment `until`. */
  set(key: string, value: V, life: { readonly now: number; readonly until: number }): void {
    this.#expire(life.now);
    const old = this.#values.get(key);
    if (old !== undefined) this.#ends.remove(old.slot);
    this.#values.set(key, { value, slot: this.#ends.add(life.until, key) });
  }

  #expire(now: number): void {
    let slot: Slot<string> | undefined;
    while ((slot = this.#ends.takeDue(now)) !== undefined) this.#values.delete(slot.value);
  }
}
