/** Insertions after which a new map begins. */
const GENERATION = 512;
/** Older maps from which on they become one. */
const MANY = 8;

/**
 * A map for entries that come and go by the thousand. One Map with such a life makes garbage that outlives it: V8 links
 * every outgrown table to its successor, so old ones keep new entries alive until a full collection. Here a map only
 * ever grows to a bound and is dropped whole when it is empty.
 */
export class Generations<K, V> {
  #current = new Map<K, V>();
  #older: Map<K, V>[] = [];
  #inserted = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    const value = this.#current.get(key);
    if (value !== undefined || this.#older.length === 0) return value;
    for (const map of this.#older) {
      const found = map.get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Adds a key that is not there yet. */
  add(key: K, value: V): void {
    if (this.#inserted === GENERATION) this.#next();
    this.#inserted += 1;
    this.#size += 1;
    this.#current.set(key, value);
  }

  delete(key: K): boolean {
    if (this.#current.delete(key)) {
      this.#size -= 1;
      return true;
    }
    const at = this.#older.findIndex((map) => map.delete(key));
    if (at === -1) return false;
    this.#size -= 1;
    if (this.#older[at]?.size === 0) this.#older.splice(at, 1);
    return true;
  }

  entries(): [K, V][] {
    return [...this.#older, this.#current].flatMap((map) => [...map]);
  }

  #next(): void {
    if (this.#current.size > 0) this.#older.push(this.#current);
    if (this.#older.length > MANY) this.#older = [new Map(this.#older.flatMap((map) => [...map]))];
    this.#current = new Map();
    this.#inserted = 0;
  }
}
