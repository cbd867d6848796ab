import type { Member } from '../index.js';
import { Names } from './names.js';
import type { Seat } from './seat.js';
import { type Service, Services } from './services.js';

/** Who takes part, by order of joining, and what each one handles. A member is one until it is evicted. */
export class Membership {
  readonly #seats = new Map<string, Seat>();
  readonly #names = new Names();
  readonly #services = new Services();
  #epoch = 0;
  #lastBeat = -Infinity;

  /** Counts every coming and going. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Makes it a member; one that is a member already keeps its place. */
  join(member: Member, now: number): void {
    const { consumer, names, ttl } = member;
    this.#notice(now, ttl);
    const old = this.#seats.get(consumer);
    const seat = {
      member,
      names: new Map(names.map(({ address, own }) => [address, { own }])),
      joinedAt: old?.joinedAt ?? now,
      expiresAt: now + ttl,
    };
    if (old !== undefined) this.#release(old);
    this.#seats.set(consumer, seat);
    this.#names.add(seat);
    this.#services.add(seat);
    this.#epoch++;
  }

  remove(consumer: string): void {
    const seat = this.#seats.get(consumer);
    if (seat === undefined) return;
    this.#seats.delete(consumer);
    this.#release(seat);
    this.#epoch++;
  }

  find(consumer: string): Seat | undefined {
    return this.#seats.get(consumer);
  }

  all(): Iterable<Seat> {
    return this.#seats.values();
  }

  /** A sign of life of one member. */
  keep(seat: Seat, now: number): void {
    this.#notice(now, seat.member.ttl);
    seat.expiresAt = now + seat.member.ttl;
  }

  expired(now: number): string[] {
    return [...this.#seats.values()]
      .filter((seat) => seat.expiresAt <= now)
      .map(({ member }) => member.consumer);
  }

  /** Of those whose time is not over, the one that joined first. */
  leader(now: number): string | undefined {
    for (const { member, expiresAt } of this.#seats.values()) {
      if (expiresAt > now) return member.consumer;
    }
    return undefined;
  }

  /** Whether messages of the address may lie in the consumer's lane. */
  takes(consumer: string, address: string): boolean {
    return this.#seats.get(consumer)?.names.get(address)?.own === false;
  }

  /** How many members handle the address. */
  handlers(address: string): number {
    return this.#names.handlers(address);
  }

  /** The one service that handles the address; `undefined`: none or several do. */
  ownerOf(address: string): Service | undefined {
    const service = this.#names.ownerOf(address);
    return service === undefined ? undefined : this.#services.find(service);
  }

  /** Every address that somebody handles. */
  handled(): Iterable<string> {
    return this.#names.all();
  }

  /** When nobody gave a sign of life for a while, the process stood still and not the members: all get a whole TTL again. */
  #notice(now: number, ttl: number): void {
    if (now - this.#lastBeat > (ttl * 2) / 3) {
      for (const seat of this.#seats.values()) {
        seat.expiresAt = Math.max(seat.expiresAt, now + seat.member.ttl);
      }
    }
    this.#lastBeat = now;
  }

  #release(seat: Seat): void {
    this.#names.remove(seat);
    this.#services.remove(seat);
  }
}
