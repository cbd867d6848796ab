import type { DeadLetter } from '../index.js';

/** The dead letters, oldest first. */
export class Grave {
  readonly #letters = new Map<string, DeadLetter>();
  #entries = 0;

  get size(): number {
    return this.#letters.size;
  }

  put(letter: Omit<DeadLetter, 'entry'>): void {
    const entry = String(++this.#entries);
    this.#letters.set(entry, { ...letter, entry });
  }

  find(entry: string): DeadLetter | undefined {
    return this.#letters.get(entry);
  }

  /** Takes the letter out; `undefined`: it is not there any more. */
  take(entry: string): DeadLetter | undefined {
    const letter = this.#letters.get(entry);
    this.#letters.delete(entry);
    return letter;
  }

  *after(entry: string | undefined): Iterable<DeadLetter> {
    const last = Number(entry ?? 0);
    for (const letter of this.#letters.values()) {
      if (Number(letter.entry) > last) yield letter;
    }
  }
}
