/** Virtual time between two picks of weight 1; every weight up to 16 divides it, so that sums stay exact. */
export const CYCLE = 720_720;

interface Turn {
  readonly id: string;
  readonly stride: number;
  deadline: number;
}

/**
 * Earliest deadline first, as in Envoy and gRPC: every full cycle of picks gives each member exactly its weight. A
 * change of members or weights begins a new cycle; the half step at its start keeps deadlines off the ends of cycles.
 */
export class Edf {
  #turns: Turn[] = [];

  /** Begins a cycle with these members; weight 0 gets nothing. */
  reset(members: readonly { readonly id: string; readonly weight: number }[]): void {
    this.#turns = members
      .filter(({ weight }) => weight > 0)
      .map(({ id, weight }) => ({ id, stride: CYCLE / weight, deadline: CYCLE / weight / 2 }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  /**
   * Whose turn it is among those that may have it. Who may not falls behind by one turn at most, or it would get
   * everything else until it has caught up.
   */
  pick(may: (id: string) => boolean = () => true): string | undefined {
    let first: Turn | undefined;
    for (const turn of this.#turns) {
      if ((first === undefined || turn.deadline < first.deadline) && may(turn.id)) first = turn;
    }
    if (first === undefined) return undefined;
    const { deadline } = first;
    for (const turn of this.#turns) {
      turn.deadline = Math.max(turn.deadline, deadline - turn.stride);
    }
    first.deadline += first.stride;
    return first.id;
  }

  /** Goes on to some place in the cycle: senders that begin at the same time do not all begin with the same one. */
  skip(picks: number): void {
    for (let i = 0; i < picks; i += 1) this.pick();
  }
}
