/** First in, first out, with removal from the middle. Every operation takes constant time. */
export class Fifo<T extends object> {
  readonly #items = new Set<T>();
  /** Kept between calls: a fresh iterator would step over every hole that removals left at the front. */
  #cursor: Iterator<T> | undefined;
  /** What the cursor has passed but nobody has taken. */
  #head: T | undefined;

  get size(): number {
    return this.#items.size;
  }

  /** The first one; it stays. */
  get head(): T | undefined {
    if (this.#head !== undefined || this.#items.size === 0) return this.#head;
    this.#cursor ??= this.#items.values();
    this.#head = this.#cursor.next().value as T;
    return this.#head;
  }

  push(item: T): void {
    this.#items.add(item);
  }

  shift(): T | undefined {
    const { head } = this;
    if (head !== undefined) this.remove(head);
    return head;
  }

  /** Tells whether it was there. */
  remove(item: T): boolean {
    if (item === this.#head) this.#head = undefined;
    return this.#items.delete(item);
  }

  values(): Iterable<T> {
    return this.#items.values();
  }
}
