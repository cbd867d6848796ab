/** A value and when it is due. The timeline that made it keeps `index`. */
export interface Slot<T> {
  readonly at: number;
  readonly order: number;
  readonly value: T;
  index: number;
}

const isBefore = (a: Slot<unknown>, b: Slot<unknown>): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order);

/** Values by time, those of one moment in the order they came: a binary heap that can remove from its middle. */
export class Timeline<T> {
  readonly #heap: Slot<T>[] = [];
  #count = 0;

  get size(): number {
    return this.#heap.length;
  }

  get first(): Slot<T> | undefined {
    return this.#heap[0];
  }

  add(at: number, value: T): Slot<T> {
    const slot = { at, order: this.#count++, value, index: this.#heap.length };
    this.#heap.push(slot);
    this.#rise(slot);
    return slot;
  }

  /** Takes out a slot of this timeline that was not taken yet. */
  remove(slot: Slot<T>): void {
    const last = this.#heap.pop();
    if (last === undefined || last === slot) return;
    this.#set(slot.index, last);
    this.#rise(last);
    this.#sink(last);
  }

  /** Takes out the first one if its time has come. */
  takeDue(now: number): Slot<T> | undefined {
    const { first } = this;
    if (first === undefined || first.at > now) return undefined;
    this.remove(first);
    return first;
  }

  #set(index: number, slot: Slot<T>): void {
    this.#heap[index] = slot;
    slot.index = index;
  }

  #rise(slot: Slot<T>): void {
    while (slot.index > 0) {
      const parent = this.#heap[(slot.index - 1) >> 1];
      if (parent === undefined || isBefore(parent, slot)) return;
      this.#swap(parent, slot);
    }
  }

  #sink(slot: Slot<T>): void {
    for (;;) {
      const left = this.#heap[2 * slot.index + 1];
      const right = this.#heap[2 * slot.index + 2];
      const child =
        right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || isBefore(slot, child)) return;
      this.#swap(slot, child);
    }
  }

  #swap(a: Slot<T>, b: Slot<T>): void {
    const { index } = a;
    this.#set(b.index, a);
    this.#set(index, b);
  }
}
