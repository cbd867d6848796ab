import type { TakeOver } from '../../../lib/backend/index.js';
import type { Envelope } from '../../../lib/message/index.js';
import { Placement, groupOf } from './placement.js';
import type { Actor, Simulation } from './simulation.js';
import { Violation } from './violation.js';

const CHUNK = 128;

/** By unique: in whose lane a message lies. */
type Lanes = ReadonlyMap<string, string>;

/** Somebody takes over from the lanes of others. */
export async function takeOver(simulation: Simulation): Promise<void> {
  const { random, backend } = simulation;
  const actor = random.pick(simulation.members);
  const { id, member } = actor.consumer;
  const group = random.pick(member.groups).name;
  const from: TakeOver = random.chance(0.5)
    ? { share: true }
    : { share: false, olderThan: random.below(100), count: 1 + random.below(5) };
  const placement = new Placement(simulation);
  const before = await placement.find();
  const count = await backend.queue.takeOver(id, group, from);
  const after = await placement.find();
  const taking = new Taking(simulation, { actor, group, before });
  const problem = taking.wrongMove(after, count) ?? taking.wrongCount(from, count);
  if (problem !== undefined) throw new Violation(`${id} takes over: ${problem}`);
  await placement.checkLoads(after);
}

/** What one member may take over in one of its groups. */
class Taking {
  readonly #simulation: Simulation;
  readonly #placement: Placement;
  readonly #actor: Actor;
  readonly #group: string;
  readonly #before: Lanes;

  constructor(
    simulation: Simulation,
    from: { readonly actor: Actor; readonly group: string; readonly before: Lanes },
  ) {
    this.#simulation = simulation;
    this.#placement = new Placement(simulation);
    this.#actor = from.actor;
    this.#group = from.group;
    this.#before = from.before;
  }

  /** Only what may be moved was moved, and only to the taker. */
  wrongMove(after: Lanes, count: number): string | undefined {
    const moved = [...after].filter(([unique, lane]) => this.#before.get(unique) !== lane);
    if (moved.length !== count || after.size !== this.#before.size) {
      return `${moved.length} messages were moved, not ${count}`;
    }
    const wrong = moved.find(
      ([unique, lane]) => lane !== this.#actor.consumer.id || !this.#isTakeable(unique),
    );
    return wrong && `${wrong[0]} went to ${wrong[1]}`;
  }

  wrongCount(from: TakeOver, count: number): string | undefined {
    if (!from.share) return count > from.count ? `${count} of ${from.count} at most` : undefined;
    const { strategy } = this.#simulation.rule;
    if (strategy === 'competing') return count > 0 ? 'nothing is shared out' : undefined;
    const expected = strategy === 'consistent_hash' ? this.#owned() : this.#missing();
    return count === expected ? undefined : `${count} messages, not ${expected}`;
  }

  /** How many messages lie with others whose owner it is. */
  #owned(): number {
    const { id } = this.#actor.consumer;
    const owned = this.#unread()
      .filter((unique) => this.#before.get(unique) !== id && this.#isTakeable(unique))
      .filter((unique) => this.#placement.owner(this.#envelope(unique)) === id);
    return Math.min(CHUNK, owned.length);
  }

  /** How many messages it lacks that others have too many of. */
  #missing(): number {
    const unread = this.#unread();
    const crew = this.#simulation.members.filter(({ consumer: { member } }) => {
      const isOfGroup = member.groups.some(({ name }) => name === this.#group);
      return isOfGroup && member.service === this.#actor.consumer.member.service;
    });
    const weights = crew.reduce((sum, { weight }) => sum + weight, 0);
    if (this.#actor.weight === 0) return 0;
    let free = 0;
    let missing = 0;
    for (const each of crew) {
      const mine = unread.filter((unique) => this.#before.get(unique) === each.consumer.id);
      const excess = mine.length - Math.floor((unread.length * each.weight) / weights);
      if (each === this.#actor) missing = Math.max(0, -excess);
      else
        free += Math.max(0, Math.min(excess, mine.filter((one) => this.#isTakeable(one)).length));
    }
    return Math.min(CHUNK, missing, free);
  }

  /** What lies in lanes of the group. */
  #unread(): string[] {
    return [...this.#before]
      .filter(([unique, lane]) => {
        const actor = this.#simulation.members.find(({ consumer }) => consumer.id === lane);
        const isOfService = actor?.consumer.member.service === this.#actor.consumer.member.service;
        const { address } = this.#envelope(unique);
        return isOfService && groupOf(actor.consumer.member, address) === this.#group;
      })
      .map(([unique]) => unique);
  }

  #isTakeable(unique: string): boolean {
    const { address, target } = this.#envelope(unique);
    const { consumer, weight } = this.#actor;
    const isPinned = this.#simulation.members.some((member) => member.consumer.id === target);
    return weight > 0 && !isPinned && groupOf(consumer.member, address) === this.#group;
  }

  #envelope(unique: string): Envelope {
    return this.#simulation.ledger.find(unique).message.envelope;
  }
}
