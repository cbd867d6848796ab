/** What stands for all names beyond the bound. */
const OTHER = '(other)';

/** The names a metric tells apart: the first ones, up to a bound, since names of messages may be made up on the way. */
export class BoundedNames {
  readonly #known = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  of(name: string): string {
    if (this.#known.has(name)) return name;
    if (this.#known.size >= this.#most) return OTHER;
    this.#known.add(name);
    return name;
  }
}
