import type { NewMessage } from '../../../lib/backend/index.js';
import { hash32, ownerOf } from '../../../lib/balancer/index.js';
import type { Address, Envelope } from '../../../lib/message/index.js';
import type { Actor, Simulation } from './simulation.js';
import { Violation } from './violation.js';

/** A message that was placed, and what its sender proposed. */
export type Placed = Pick<NewMessage, 'envelope' | 'proposal'>;

/** Loads by group and consumer. */
type Loads = Map<string, Map<string, number>>;

const handles = ({ consumer }: Actor, address: string): boolean =>
  groupOf(consumer.member, address) !== undefined;

export const groupOf = (
  { names }: Actor['consumer']['member'],
  address: string,
): string | undefined => names.find((name) => name.address === address)?.group;

/** What the model expects of routing at one moment: nobody comes, goes or changes while it is used. */
export class Placement {
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** Members that can be sent messages of an address. */
  takers(address: string): readonly Actor[] {
    return this.#simulation.members.filter((actor) => actor.weight > 0 && handles(actor, address));
  }

  owner({
    address,
    key,
    unique,
  }: Pick<Envelope, 'address' | 'key' | 'unique'>): string | undefined {
    const owners = this.takers(address).map(({ consumer: { id }, weight }) => ({
      id,
      weight,
      hash: hash32(id),
    }));
    return ownerOf(hash32(key ?? unique), owners);
  }

  /** Whether it goes to its target, whatever the rule says. */
  isPinned({ target, address }: Envelope): boolean {
    return this.takers(address).some(({ consumer }) => consumer.id === target);
  }

  /** Whether its rule looks at proposals, and somebody can be proposed. */
  isOpenToProposals({ envelope }: Placed): boolean {
    const { strategy, local } = this.#simulation.rule;
    if (strategy === 'competing' || this.isPinned(envelope)) return false;
    if (this.takers(envelope.address).length === 0) return false;
    return local || strategy === 'consistent_hash';
  }

  /** Whether a proposal is good: of somebody who can take it and, where owners count, of the present ones. */
  isFollowed({ envelope: { address }, proposal }: Placed, epoch: number): boolean {
    if (!this.takers(address).some(({ consumer }) => consumer.id === proposal?.consumer)) {
      return false;
    }
    return this.#simulation.rule.strategy !== 'consistent_hash' || proposal?.epoch === epoch;
  }

  /** In whose lanes it may lie; `undefined` among them: in none. */
  lanes({ envelope, proposal }: Placed): readonly (string | undefined)[] {
    if (this.isPinned(envelope)) return [envelope.target];
    const { strategy, local } = this.#simulation.rule;
    const takers = this.takers(envelope.address).map(({ consumer }) => consumer.id);
    if (strategy === 'competing' || takers.length === 0) return [undefined];
    if (strategy === 'consistent_hash') return [this.owner(envelope)];
    if (!local) return takers;
    return [takers.find((id) => id === proposal?.consumer)];
  }

  /**
   * Looks where messages lie that have just been placed, those of a fresh group in its order.
   * @param loads before they were placed; absent: not known exactly
   */
  async check(placed: readonly Placed[], loads?: Loads): Promise<void> {
    const lanes = await this.find();
    this.#checkMembers(lanes);
    for (const message of placed) {
      const { unique, address, key } = message.envelope;
      const lane = lanes.get(unique);
      const isParked = lane === undefined && loads !== undefined && mayBeParked(message);
      if (isParked) continue;
      const expected = this.lanes(message);
      if (!expected.includes(lane)) {
        throw new Violation(
          `${unique} (${address}, key ${key}) lies with ${lane}, not with ${expected.join(' or ')}`,
        );
      }
      if (loads !== undefined && lane !== undefined) this.#checkLoad(message, lane, loads);
    }
    await this.checkLoads(lanes);
  }

  /** Of those that are gone no lane holds anything. */
  async checkDepartures(): Promise<void> {
    this.#checkMembers(await this.find());
  }

  /** By unique: in whose lane a message lies that nobody holds. */
  async find(): Promise<Map<string, string>> {
    const { site, ledger, everybody } = this.#simulation;
    const { places } = await site.audit();
    const ids = everybody.map(({ consumer }) => consumer.id);
    const lanes = new Map<string, string>();
    for (const { message, status } of ledger.all) {
      if (status !== 'waiting') continue;
      const { unique } = message.envelope;
      const place = places.get(unique)?.[0] ?? '';
      const id = ids.find((each) => place.includes(each));
      if (id !== undefined) lanes.set(unique, id);
    }
    return lanes;
  }

  /** Of the membership as it stands. */
  async epoch(): Promise<number> {
    return (await this.#simulation.backend.queue.routes('t:a'))?.epoch ?? 0;
  }

  async loads(): Promise<Loads> {
    const loads: Loads = new Map();
    for (const address of this.#addresses()) {
      const routes = await this.#simulation.backend.queue.routes(address);
      if (routes === undefined) continue;
      const group = loads.get(routes.group) ?? new Map<string, number>();
      loads.set(routes.group, group);
      for (const { id, load } of routes.consumers) group.set(id, load);
    }
    return loads;
  }

  /** The loads that are told are what lies in the lanes and what is held from there. */
  async checkLoads(lanes: ReadonlyMap<string, string>): Promise<void> {
    const counts = new Map<string, number>();
    for (const { message, status, holder, routed } of this.#simulation.ledger.open) {
      const { address, unique } = message.envelope;
      const id = status === 'waiting' ? lanes.get(unique) : routed ? holder : undefined;
      const actor = this.#simulation.members.find(({ consumer }) => consumer.id === id);
      if (actor === undefined) continue;
      const place = `${groupOf(actor.consumer.member, address)} of ${id}`;
      counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    for (const [group, loads] of await this.loads()) {
      for (const [id, load] of loads) {
        const count = counts.get(`${group} of ${id}`) ?? 0;
        if (load !== count) throw new Violation(`${group} of ${id} has ${count}, not ${load}`);
      }
    }
  }

  #checkMembers(lanes: ReadonlyMap<string, string>): void {
    const members = new Set(this.#simulation.members.map(({ consumer }) => consumer.id));
    for (const [unique, id] of lanes) {
      if (!members.has(id)) throw new Violation(`${unique} lies with ${id}, which is gone`);
    }
  }

  #checkLoad({ envelope }: Placed, lane: string, loads: Loads): void {
    const { address, unique } = envelope;
    const takers = this.takers(address);
    const taker = takers.find(({ consumer }) => consumer.id === lane)!;
    const group = loads.get(groupOf(taker.consumer.member, address) ?? '');
    const loadOf = ({ consumer, weight }: Actor): number => (group?.get(consumer.id) ?? 0) / weight;
    const isByLoad =
      this.#simulation.rule.strategy === 'least_conn' && !this.#simulation.rule.local;
    if (isByLoad && !this.isPinned(envelope)) {
      const least = Math.min(...takers.map(loadOf));
      if (loadOf(taker) > least) {
        throw new Violation(`${unique} went to ${lane}, which had ${loadOf(taker)}, not ${least}`);
      }
    }
    group?.set(lane, (group.get(lane) ?? 0) + 1);
  }

  #addresses(): Set<Address> {
    const names = this.#simulation.members.flatMap(({ consumer }) => consumer.member.names);
    return new Set(names.map(({ address }) => address as Address));
  }
}

/** Behind its key, or until it is due. */
export const mayBeParked = ({
  envelope,
  delay = 0,
}: Placed & { readonly delay?: number }): boolean =>
  delay > 0 || (envelope.address.startsWith('t:') && envelope.key !== undefined);
