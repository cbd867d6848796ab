import { eventually, type Patience } from './eventually.js';

/** Facts in the order in which they became known. */
export class FactLog<Fact> {
  readonly #facts: Fact[] = [];

  get all(): readonly Fact[] {
    return this.#facts;
  }

  readonly add = (fact: Fact): void => void this.#facts.push(fact);

  find(fits: (fact: Fact) => boolean): Fact | undefined {
    return this.#facts.find(fits);
  }

  filter(fits: (fact: Fact) => boolean): Fact[] {
    return this.#facts.filter(fits);
  }

  /** Resolves with the first fact that fits. */
  async until(fits: (fact: Fact) => boolean, patience?: Patience): Promise<Fact> {
    const [first] = await this.count(1, fits, patience);
    return first as Fact;
  }

  /** Resolves with the facts that fit, once there are so many. */
  async count(count: number, fits: (fact: Fact) => boolean, patience?: Patience): Promise<Fact[]> {
    return await eventually(() => {
      const found = this.filter(fits);
      if (found.length >= count) return found;
      const last = JSON.stringify(this.#facts.slice(-10));
      throw new Error(`${found.length} of ${count} facts; the last of all: ${last}`);
    }, patience);
  }
}
