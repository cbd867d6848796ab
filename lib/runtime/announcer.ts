import type { Member, TurnsPort } from '../backend/index.js';

/**
 * Announces this instance where turns are decided, if that is elsewhere. What fails is reported and tried again at the
 * next beat: until then senders go by what they know themselves.
 */
export class Announcer {
  readonly #turns: TurnsPort | undefined;
  readonly #onError: (error: unknown) => void;
  #member: Member | undefined;
  #busy = false;
  #known = false;

  constructor(turns: TurnsPort | undefined, onError: (error: unknown) => void) {
    this.#turns = turns;
    this.#onError = onError;
  }

  /** From now on as this member. */
  async announce(member: Member): Promise<void> {
    const before = this.#member;
    this.#member = member;
    this.#known = false;
    if (before !== undefined) await this.#withdraw(before);
    await this.beat();
  }

  /** A sign of life; never rejects. */
  async beat(): Promise<void> {
    const turns = this.#turns;
    const member = this.#member;
    if (turns === undefined || member === undefined || this.#busy) return;
    this.#busy = true;
    try {
      if (!this.#known || !(await turns.beat(member.consumer))) await turns.announce(member);
      this.#known = true;
    } catch (error) {
      this.#known = false;
      this.#onError(error);
    } finally {
      this.#busy = false;
    }
  }

  async setWeight(weight: number): Promise<void> {
    const member = this.#member;
    if (member === undefined || member.weight === weight) return;
    this.#member = { ...member, weight };
    await this.#attempt(async (turns) => await turns.setWeight(member.consumer, weight));
  }

  /** It gets no more turns. */
  async leave(): Promise<void> {
    const member = this.#member;
    this.#member = undefined;
    if (member !== undefined) await this.#withdraw(member);
  }

  async #withdraw({ consumer }: Member): Promise<void> {
    await this.#attempt(async (turns) => await turns.withdraw(consumer));
  }

  async #attempt(step: (turns: TurnsPort) => Promise<void>): Promise<void> {
    if (this.#turns === undefined) return;
    try {
      await step(this.#turns);
    } catch (error) {
      this.#onError(error);
    }
  }
}
