import type { Member } from '../index.js';
import { Names } from './names.js';
import type { RouteScope } from './route-scope.js';
import { RouteScopes } from './route-scopes.js';
import { Seat } from './seat.js';
import { type Service, Services } from './services.js';

/** Who takes part, by order of joining, and what each one handles. A member is one until it is evicted. */
export class Membership {
  readonly #seats = new Map<string, Seat>();
  readonly #names = new Names();
  readonly #services = new Services();
  readonly #scopes = new RouteScopes();
  /** Addresses of requests that may be handled again when their holder is lost: what whoever joined last says. */
  readonly #idempotent = new Set<string>();
  #epoch = 0;
  #lastBeat = -Infinity;

  /** Counts every coming and going and every change of a weight. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Makes a member of one that is none. */
  join(member: Member, now: number): Seat {
    const seat = new Seat(member, now);
    this.keep(seat, now);
    this.#seats.set(member.consumer, seat);
    this.#names.add(seat);
    this.#services.add(seat);
    this.#scopes.add(seat);
    for (const { address, idempotent = false } of member.names) {
      if (idempotent) this.#idempotent.add(address);
      else this.#idempotent.delete(address);
    }
    this.#epoch++;
    return seat;
  }

  isIdempotent(address: string): boolean {
    return this.#idempotent.has(address);
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
    seat.lastSeen = now;
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

  /** Changes a member's share of routed work, or whether it is paused. */
  change(seat: Seat, { share, paused }: Partial<Pick<Seat, 'share' | 'paused'>>): void {
    seat.share = share ?? seat.share;
    seat.paused = paused ?? seat.paused;
    for (const scope of this.#scopes.of(seat)) scope.restart();
    this.#epoch++;
  }

  /** The members of one group of a service. */
  scope(service: string, group: string): RouteScope | undefined {
    return this.#scopes.find(service, group);
  }

  /** What routes the address; `undefined`: several services, or groups of one, handle it, or nobody does. */
  scopeOf(address: string): RouteScope | undefined {
    const owner = this.#names.ownerOf(address);
    return owner?.group === undefined ? undefined : this.scope(owner.service, owner.group);
  }

  /** How many members handle the address. */
  handlers(address: string): number {
    return this.#names.handlers(address);
  }

  /** The one service that handles the address; `undefined`: none or several do. */
  ownerOf(address: string): Service | undefined {
    const owner = this.#names.ownerOf(address);
    return owner === undefined ? undefined : this.#services.find(owner.service);
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
    this.#scopes.remove(seat);
  }
}
