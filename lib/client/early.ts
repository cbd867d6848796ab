/** Begins things with something that may not be there yet. */
export class Early<T> {
  #value: T | undefined;
  readonly #waiting: ((value: T) => void)[] = [];

  /** It is there: what waited begins, in its order. */
  arrive(value: T): void {
    this.#value = value;
    for (const begin of this.#waiting.splice(0)) begin(value);
  }

  /** Now, or once it is there. @returns ends what was begun, or is not to begin */
  begin(begin: (value: T) => () => void): () => void {
    let isOver = false;
    let end = (): void => void (isOver = true);
    const start = (value: T): void => {
      if (!isOver) end = begin(value);
    };
    if (this.#value === undefined) this.#waiting.push(start);
    else start(this.#value);
    return () => end();
  }
}
