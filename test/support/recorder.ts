/** Records what it is called with, so that a test can wait for it. */
export class Recorder<T> {
  readonly #values: T[] = [];
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  /** Everything so far, oldest first. */
  get all(): readonly T[] {
    return this.#values;
  }

  /** To be handed to whatever calls back. */
  readonly record = (value: T): void => {
    this.#values.push(value);
    for (const check of this.#waiting) check();
  };

  /** The oldest value that `next` has not returned yet. */
  async next(): Promise<T> {
    const index = this.#taken++;
    const values = await this.count(index + 1);
    return values[index] as T;
  }

  /** Resolves with everything once `count` values were recorded; rejects when that takes too long. */
  async count(count: number, within = 5_000): Promise<readonly T[]> {
    if (this.#values.length >= count) return this.#values;
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`${this.#values.length} of ${count} were recorded within ${within} ms`));
      }, within);
      const check = (): void => {
        if (this.#values.length < count) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(this.#values);
      };
      this.#waiting.add(check);
    });
  }
}
